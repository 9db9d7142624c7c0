"""``ucch index`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.retrieval.kit import random_codes
from tests.serving.kit import IMAGE, NAMES, make_encoder, make_pictures, make_run
from tests.training.kit import small_dataset, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch.data import PairedDataset, save_npz
from ucch.retrieval import BinaryIndex
from ucch.runs import RunFolder
from ucch.training import train_run


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    np.save(tmp_path / "codes.npy", random_codes(400, 24))
    return tmp_path / "codes.npy"


def test_codes_of_a_file_with_ids_and_parameters(codes: Path, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("".join(f"item {n}\n" for n in range(400)))
    out = tmp_path / "it.index"
    result = ucch("index", codes, "--ids", tmp_path / "ids.txt", "--kind", "ivf", "--set", "nprobe=3", "--out", out)
    assert result.exit_code == 0, result.stderr
    assert "400 of 24 bits" in result.stdout
    assert f"index in {out}" in result.stderr
    index = BinaryIndex.load(out)
    assert (index.kind, index.parameters["nprobe"], index.ids[3]) == ("ivf", 3, "item 3")


@pytest.mark.parametrize("modality", ["image", "text"])
def test_what_distances_mean_goes_from_the_run_into_its_index(modality: str, tmp_path: Path) -> None:
    save_npz(tmp_path / "small.npz", small_dataset())
    quick = ("--set", "width=16", "--set", "batch_size=32", "--epochs", 2, "--bits", 12, "--device", "cpu")
    trained = ucch("train", "--data", tmp_path / "small.npz", "--calibrate", "--out", tmp_path / "run", *quick)
    assert trained.exit_code == 0, trained.stderr
    calibration = RunFolder.open(tmp_path / "run").calibration()
    assert calibration is not None
    result = ucch("index", tmp_path / "run", "--modality", modality, "--out", tmp_path / "it.index", "--json")
    assert json.loads(result.stdout)["calibrated"]
    index = BinaryIndex.load(tmp_path / "it.index")
    assert (index.modality, index.calibration) == (modality, calibration)
    tuned = ucch("index", tmp_path / "run", "--tune", 0.5, "--kind", "flat", "--out", tmp_path / "tuned.index")
    assert tuned.exit_code == 0, tuned.stderr
    assert BinaryIndex.load(tmp_path / "tuned.index").calibration == calibration


def test_bits_that_fill_no_byte_are_said(tmp_path: Path) -> None:
    np.save(tmp_path / "codes.npy", random_codes(10, 12))
    ucch("index", tmp_path / "codes.npy", "--bits", 12, "--out", tmp_path / "it")
    assert BinaryIndex.load(tmp_path / "it", n_bits=12).n_bits == 12


def test_tune_reports_what_it_measured_and_builds_the_choice(codes: Path, tmp_path: Path) -> None:
    result = ucch("index", codes, "--tune", 0.9, "--kind", "ivf", "--json", "--out", tmp_path / "it")
    summary = json.loads(result.stdout)
    assert {one["kind"] for one in summary["measured"]} == {"flat", "ivf"}
    assert BinaryIndex.load(tmp_path / "it").kind == summary["kind"]
    table = ucch("index", codes, "--tune", 0.9, "--kind", "ivf", "--out", tmp_path / "again")
    assert "ms a query" in table.stdout


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_database_of_a_run_knows_its_model(modality: str, tmp_path: Path) -> None:
    save_npz(tmp_path / "small.npz", small_dataset())
    run = RunFolder.create(tmp_path / "run", small_recipe().model_copy(update={"data": str(tmp_path / "small.npz")}))
    train_run(run, small_dataset().train)
    ucch("index", run.path, "--modality", modality, "--out", tmp_path / "it")
    index = BinaryIndex.load(tmp_path / "it", model=run.model_digest(), n_bits=12)
    database, model = small_dataset().database, run.model()
    codes = model.encode_text(database.text) if modality == "text" else model.encode_image(database.image)
    assert (index.codes_of(range(100)) == codes).all()
    assert index.source == str(run.path)


def test_wrong_use(codes: Path, tmp_path: Path) -> None:
    out = tmp_path / "it"
    for arguments, code, text in (
        ((codes, "--out", codes), 1, "exists; choose another name"),
        ((codes, "--out", tmp_path / "none" / "it"), 2, "does not exist"),
        ((codes, "--out", out, "--set", "nprobe"), 2, "--set takes NAME=N with a whole number, got 'nprobe'"),
        ((codes, "--out", out, "--set", f"nprobe={'9' * 5000}"), 2, "--set takes NAME=N with a whole number, got"),
        ((codes, "--out", out, "--tune", 0.9, "--set", "nprobe=1"), 2, "--set and --tune exclude each other"),
        ((codes, "--out", out, "--modality", "text"), 2, "--modality and --images go with a run folder"),
        ((tmp_path, "--out", out), 2, "is no run folder"),
        ((codes, "--out", out, "--bits", 9), 1, "is 3 bytes wide, but 9 bits packed are 2 bytes"),
    ):
        result = ucch("index", *arguments)
        assert result.exit_code == code
        assert text in " ".join(result.stderr.split())
    assert not out.exists()


def test_photographs_are_encoded_by_the_run(tmp_path: Path) -> None:
    run, folder = make_run(tmp_path / "run"), make_pictures(tmp_path / "photos")
    (folder / "broken.png").write_bytes(b"no picture")
    result = ucch(
        "index", run.path, "--images", folder, "--image-encoder", IMAGE, "--cache", "none", "--workers", 0,
        "--out", tmp_path / "photos.index",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert "left out:" in result.stderr
    index, encoder = BinaryIndex.load(tmp_path / "photos.index"), make_encoder(run)
    assert index.ids.tolist() == NAMES
    for name in NAMES:
        assert (index.codes_of([name]) == encoder.image((folder / name).read_bytes())).all()
    result = ucch("index", run.path, "--images", folder, "--modality", "image", "--out", tmp_path / "it")
    assert "--images takes the files' names as ids" in result.stderr


def test_first_bits_of_a_nested_run_find_and_whole_codes_order(tmp_path: Path) -> None:
    pairs = aligned_pairs()
    save_npz(tmp_path / "features.npz", PairedDataset("aligned", pairs, aligned_pairs(20, seed=1)))
    choices = ("--bits", 64, "--nested", "--epochs", 1, "--out", tmp_path / "run")
    assert ucch("train", "--data", tmp_path / "features.npz", *choices).exit_code == 0
    made = ucch("index", tmp_path / "run", "--bits", 32, "--out", tmp_path / "it.index")
    assert made.exit_code == 0, made.stderr
    index, model = BinaryIndex.load(tmp_path / "it.index", n_bits=32), RunFolder.open(tmp_path / "run").model()
    codes = model.encode_image(pairs.image)
    np.testing.assert_array_equal(index.codes_of(range(240)), codes[:, :4])
    real = model.real_text(pairs.text[:3])
    np.save(tmp_path / "real.npy", real)
    asked = ("search", tmp_path / "it.index", "--codes", tmp_path / "real.npy", "--real-query", "-k", 5, "--json")
    answer = json.loads(ucch(*asked, "--candidates", 240).stdout)["queries"]
    exact = BinaryIndex.build(codes, 64).search_real(real, 5)
    assert [[hit["id"] for hit in query["hits"]] for query in answer] == [ids.tolist() for ids, _ in exact]
    refused = ucch("index", tmp_path / "run", "--bits", 40, "--out", tmp_path / "other.index")
    assert refused.exit_code == 1
    assert "bits must be one of 32, 64, as trained, got 40" in " ".join(refused.stderr.split())
    assert not (tmp_path / "other.index").exists()
