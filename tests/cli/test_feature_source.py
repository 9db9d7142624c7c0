"""Where a run's features come from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.photographs import ENCODERS, QUICK, SHORT, source, ucch
from tests.extraction.kit import IMAGE_SPEC
from tests.images.kit import write_photographs
from ucch.data import load_dataset
from ucch.extraction import load_extraction_npz, read_run_encoders
from ucch.runs import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_photographs(tmp_path / "photos", n=20)
    return tmp_path


def test_training_on_photographs_is_extraction_then_training(folder: Path) -> None:
    straight = ucch("train", *source(folder), *ENCODERS, *QUICK, *SHORT, "--out", folder / "straight", "--json")
    assert straight.exit_code == 0, straight.stderr
    ucch("extract", *source(folder), *ENCODERS, *QUICK, "--out", folder / "features.npz")
    ucch("extract", *source(folder), *ENCODERS, *QUICK, "--out", folder / "features.parquet")
    for ending in ("npz", "parquet"):
        out = folder / ending
        result = ucch(
            "train", "--data", folder / f"features.{ending}", *SHORT, "--device", "cpu", "--out", out, "--json"
        )
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["image_to_text"] == json.loads(straight.stdout)["image_to_text"]
        assert read_run_encoders(out) == read_run_encoders(folder / "straight")


def test_the_recipe_remembers_the_source_and_repeats_it(folder: Path) -> None:
    ucch("train", *source(folder), *ENCODERS, *QUICK, *SHORT, "--query-share", "0.3", "--out", folder / "run")
    recipe = RunFolder.open(folder / "run").recipe()
    assert recipe.source.images == str(folder / "photos")
    assert (recipe.source.image_encoder, recipe.source.query_share) == (IMAGE_SPEC, 0.3)
    again = ucch("train", "--recipe", folder / "run" / "recipe.toml", *QUICK, "--out", folder / "again")
    assert again.exit_code == 0, again.stderr
    assert len(load_dataset(folder / "again" / "features.npz").query) == 6


def test_a_run_that_stopped_before_its_features_were_kept_goes_on(folder: Path) -> None:
    run = folder / "run"
    first = ucch("train", *source(folder), *ENCODERS, *QUICK, *SHORT, "--out", run, "--json")
    for name in ("features.npz", "encoders.json", "model.safetensors", "checkpoint/state.safetensors"):
        (run / name).unlink()
    result = ucch("train", "--resume", "--out", run, "--cache", folder / "cache", *QUICK, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["image_to_text"] == json.loads(first.stdout)["image_to_text"]
    assert read_run_encoders(run)["text"].name == "bow"


def test_a_folder_in_use_is_refused_before_anything_is_encoded(folder: Path) -> None:
    (folder / "run").mkdir()
    (folder / "run" / "mine").touch()
    result = ucch("train", *source(folder), *ENCODERS, *QUICK, "--out", folder / "run")
    assert (result.exit_code, "already holds something else" in result.stderr) == (1, True)
    assert not (folder / "cache").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--images", "."), "photographs also need --image-encoder, --text-encoder"),
        (("--data", "digits", "--images", "."), "--data names features that exist, --images photographs to take"),
        (("--query-share", "0.2"), "photographs also need --images, --image-encoder, --text-encoder"),
        (
            ("--resume", "--out", "x", "--images", ".", "--image-encoder", "vgg19", "--text-encoder", "bow"),
            "--images is ''",
        ),
    ],
)
def test_wrong_usage_is_refused(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    from ucch.recipe import Recipe

    RunFolder.create(tmp_path / "x", Recipe())
    result = ucch("train", *(str(tmp_path / "x") if option == "x" else option for option in options), "--device", "cpu")
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr


TINY = "tests.encoders.kit:TinyNetworkEncoder"
TUNE = ("--fine-tune", "--set", "frozen_epochs=1", "--set", "encoder_learning_rate=0.01", "--text-encoder", "bow:10")


def _tuned(folder: Path, spec: str, run: Path) -> tuple[object, ...]:
    """Train run and image encoder; returns what names the encoder to ``ucch encode``."""
    options = ("--image-encoder", spec, *TUNE, *QUICK, *SHORT, "--epochs", "3", "--out", run, "--json")
    result = ucch("train", *source(folder), *options)
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert said.pop("extraction") == json.loads((run / "extraction.json").read_text())
    assert said == json.loads((run / "report.json").read_text())
    return () if spec.startswith("clip") else ("--image-encoder", spec)


@pytest.mark.parametrize("kind", ["plugin", "clip"])
def test_a_trained_encoder_stays_with_the_run(folder: Path, kind: str, request: pytest.FixtureRequest) -> None:
    run = folder / "run"
    named = _tuned(folder, TINY if kind == "plugin" else f"clip:{request.getfixturevalue('tiny_clip')}", run)
    frozen, tuned = (load_extraction_npz(run / f"features{ending}.npz") for ending in ("-frozen", ""))
    assert not np.allclose(frozen.dataset.train.image, tuned.dataset.train.image)
    np.testing.assert_array_equal(frozen.dataset.query.text, tuned.dataset.query.text)
    assert frozen.encoders["image"].digest != tuned.encoders["image"].digest
    assert read_run_encoders(run) == tuned.encoders
    options = ("--images", folder / "photos", *named, *QUICK, "--cache", "none", "--out", folder / "photos.npy")
    result = ucch("encode", run, *options)
    assert result.exit_code == 0, result.stderr
    ids = (folder / "photos.ids.txt").read_text().splitlines()
    model = RunFolder.open(run).model()
    for split in ("train", "query"):
        rows = [ids.index(name) for name in tuned.image_ids[split]]
        codes = model.encode_image(getattr(tuned.dataset, split).image)
        np.testing.assert_array_equal(np.load(folder / "photos.npy")[rows], codes)
    again = ucch("eval", run, "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["image_to_text"] == json.loads((run / "report.json").read_text())["image_to_text"]


def test_one_permutation_serves_training_and_evaluation(folder: Path) -> None:
    _tuned(folder, TINY, folder / "run")
    frozen, tuned = (load_extraction_npz(folder / "run" / f"features{ending}.npz") for ending in ("-frozen", ""))
    assert (frozen.image_ids, frozen.text_ids) == (tuned.image_ids, tuned.text_ids)
    train, query = (set(tuned.image_ids[split]) for split in ("train", "query"))
    assert not train & query
    assert len(train | query) == 20


def test_a_run_that_trains_its_encoder_goes_on_where_it_stopped(folder: Path) -> None:
    run = folder / "run"
    _tuned(folder, TINY, run)
    names = ("features.npz", "encoders.json", "image_encoder.safetensors", "model.safetensors")
    made = {name: (run / name).read_bytes() for name in names}
    for name in names:
        (run / name).unlink()
    result = ucch("train", "--resume", "--out", run, "--cache", folder / "cache", *QUICK)
    assert result.exit_code == 0, result.stderr
    assert {name: (run / name).read_bytes() for name in names} == made


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--image-encoder", IMAGE_SPEC), "image encoder colour cannot be trained on"),
        (("--image-encoder", TINY, "--set", "epochs=auto"), "so say how many: set training.epochs"),
        (("--data", "digits"), "fine_tuning trains on photographs; name them with --images"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is_encoded(
    folder: Path, options: tuple[str, ...], message: str
) -> None:
    photographs = () if options[0] == "--data" else (*source(folder), "--text-encoder", "bow", "--epochs", "9")
    if "epochs=auto" in options:
        photographs = photographs[:-2]
    result = ucch("train", *photographs, "--fine-tune", *options, *QUICK, "--out", folder / "run")
    assert (result.exit_code, message in result.stderr) == (1, True), result.stderr
    assert not (folder / "run").exists()
    assert not (folder / "cache").exists()
