"""One view and three on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.photographs import ucch
from tests.cli.test_train import QUICK
from tests.training.kit import small_dataset
from tests.training.test_views import apart_views, one_view, three_views
from ucch.data import load_items, save_npz
from ucch.runs import RunFolder

SHORT = ("--bits", "16", "--epochs", "2", "--set", "hidden_width=8", "--set", "neighbor_batch=32")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with embeddings and a run that learnt from them."""
    folder = tmp_path_factory.mktemp("one")
    np.save(folder / "texts.npy", one_view().views["text"])
    result = ucch("train", "--data", folder / "texts.npy", *SHORT, "--out", folder / "run")
    assert result.exit_code == 0, result.stderr
    assert "texts: 216 items of features, 16 bits" in result.stderr
    assert "items have one view, so there are no partners to find" in " ".join(result.stderr.split())
    assert "top 10 in 10" in result.stdout
    assert "centred itq" in result.stdout
    assert "R@" not in result.stdout
    return folder


def test_its_report_is_that_of_eval(one: Path) -> None:
    result = ucch("eval", one / "run", "--json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report == {**RunFolder.open(one / "run").report(), "seconds": report["seconds"]}
    assert report["directions"] == ["features_to_features"]
    assert report["compression"]["neighbors"] == "within the view"
    for form in ("--csv", "--latex"):
        assert ucch("eval", one / "run", form).exit_code == 0
    assert (one / "run" / "plots" / "bit_balance.png").is_file()


def test_its_features_are_encoded_without_saying_what_they_are(one: Path) -> None:
    result = ucch("encode", one / "run", "--features", one / "texts.npy", "--out", one / "codes.npy")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "240 features codes of 16 bits\n"
    model = RunFolder.open(one / "run").model()
    np.testing.assert_array_equal(np.load(one / "codes.npy"), model.encode("features", np.load(one / "texts.npy")))
    result = ucch("encode", one / "run", "--features", one / "texts.npy", "--modality", "text", "--out", one / "no.npy")
    assert (result.exit_code, "this model encodes features, got text" in result.stderr) == (1, True)


def test_its_database_is_indexed_and_searched(one: Path) -> None:
    result = ucch("index", one / "run", "--out", one / "it.index", "--json")
    assert result.exit_code == 0, result.stderr
    assert (json.loads(result.stdout)["codes"], json.loads(result.stdout)["calibrated"]) == (216, False)
    model, dataset = RunFolder.open(one / "run").model(), load_items(one / "texts.npy")
    np.save(one / "asks.npy", model.encode("features", dataset.train.views["features"][:3]))
    result = ucch("search", one / "it.index", "--codes", one / "asks.npy", "-k", "1", "--json")
    assert result.exit_code == 0, result.stderr
    assert [query["hits"][0]["distance"] for query in json.loads(result.stdout)["queries"]] == [0, 0, 0]
    result = ucch("index", one / "run", "--modality", "image", "--out", one / "no.index")
    assert (result.exit_code, "this model encodes features, got image" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--recipe", "cvh"), "baseline cvh needs pairs of image and text, got items of features"),
        (("--recipe", "djsrh"), "objective djsrh needs pairs"),
        (("--recipe", "unihash"), "objective unihash needs pairs"),
        (("--recipe", "unihash", "--pseudo-labels", "kmeans"), "objective unihash needs pairs"),
        (("--teacher", "mie"), "teacher mie needs pairs"),
        (("--trust", "auto"), "pairs.trust = auto needs pairs"),
        (("--calibrate",), "a calibration needs pairs"),
        (("--recipe", "itq", "--calibrate"), "a calibration needs pairs"),
        (("--goal", "partners"), "goal must be neighbors or categories where items have one view"),
        (("--goal", "both"), "goal must be neighbors or categories where items have one view"),
        (("--set", "training.keep=best"), "training.keep must be last where items have one view"),
    ],
)
def test_what_needs_pairs_says_so_and_leaves_no_folder(
    one: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    result = ucch("train", "--data", one / "texts.npy", *options, "--out", tmp_path / "run")
    assert (result.exit_code, message in " ".join(result.stderr.split())) == (1, True), result.stderr
    assert not (tmp_path / "run").exists()


def test_a_start_that_three_views_cannot_have_leaves_no_folder(tmp_path: Path) -> None:
    np.savez(tmp_path / "apart.npz", **{f"{name}_train": rows for name, rows in apart_views().views.items()})
    result = ucch("train", "--data", tmp_path / "apart.npz", "--goal", "both", "--out", tmp_path / "run")
    said = "a closed-form start of 3 views needs a space that they share"
    assert (result.exit_code, said in " ".join(result.stderr.split())) == (1, True), result.stderr
    assert not (tmp_path / "run").exists()


def test_other_views_join_no_earlier_run(one: Path, tmp_path: Path) -> None:
    save_npz(tmp_path / "old.npz", small_dataset())
    result = ucch("train", "--data", tmp_path / "old.npz", *QUICK, "--out", tmp_path / "x")
    assert result.exit_code == 0, result.stderr
    for run, *options in (
        (tmp_path / "x",),
        (tmp_path / "x", "--calibrate"),
        (tmp_path / "x", "--replay", tmp_path / "old.npz"),
        (one / "run",),
    ):
        go_on = ("--continue", run, "--data", one / "texts.npy", *options)
        result = ucch("train", *go_on, "--out", tmp_path / "y")
        said = "growing needs pairs of image and text, got items of features"
        assert (result.exit_code, said in " ".join(result.stderr.split())) == (1, True), result.stderr
        assert not (tmp_path / "y").exists()


def test_three_views_are_reported_every_way(tmp_path: Path) -> None:
    views = {f"{name}_train": rows for name, rows in three_views().views.items()}
    np.savez(tmp_path / "three.npz", **views)
    result = ucch("train", "--data", tmp_path / "three.npz", *SHORT, "--out", tmp_path / "run", "--json")
    assert result.exit_code == 0, result.stderr
    assert "items of image, text, audio" in result.stderr
    report = json.loads(result.stdout)
    assert len(report["directions"]) == 6
    assert all(set(report[name]["recall_at"]) == {"1", "5", "10"} for name in report["directions"])
    result = ucch("index", tmp_path / "run", "--modality", "audio", "--out", tmp_path / "it.index")
    assert result.exit_code == 0, result.stderr
    features = ("--features", tmp_path / "audio.npy", "--out", tmp_path / "codes.npy")
    np.save(tmp_path / "audio.npy", three_views().views["audio"])
    result = ucch("encode", tmp_path / "run", *features)
    assert (result.exit_code, "one of image, text, audio" in result.stderr) == (2, True)
    assert ucch("encode", tmp_path / "run", *features, "--modality", "audio").exit_code == 0
