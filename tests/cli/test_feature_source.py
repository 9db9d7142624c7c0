"""Where a run's features come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.photographs import ENCODERS, QUICK, SHORT, source, ucch
from tests.extraction.kit import IMAGE_SPEC
from tests.images.kit import write_photographs
from ucch.data import load_dataset
from ucch.extraction import read_run_encoders
from ucch.training import RunFolder


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
        (("--images", "photos"), "photographs also need --captions, --image-encoder, --text-encoder"),
        (("--data", "digits", "--images", "photos"), "--data names features that exist, --images photographs to take"),
        (("--query-share", "0.2"), "photographs also need --images, --captions, --image-encoder, --text-encoder"),
        (("--resume", "--out", "x", "--images", "photos"), "leave out --images"),
    ],
)
def test_wrong_usage_is_refused(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    from ucch.training import Recipe

    RunFolder.create(tmp_path / "x", Recipe())
    result = ucch("train", *(str(tmp_path / "x") if option == "x" else option for option in options), "--device", "cpu")
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
