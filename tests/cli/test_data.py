"""``ucch data``: list, info, check, convert, and training on a catalog set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.data.published_kit import small_arrays, small_entry, write_caption_set, write_feature_set
from ucch.data import DATASETS, DatasetEntry


def ucch(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="ucch")


@pytest.fixture
def mirflickr(monkeypatch: pytest.MonkeyPatch) -> DatasetEntry:
    entry = small_entry("mirflickr25k")
    monkeypatch.setitem(DATASETS, "mirflickr25k", entry)
    return entry


def test_list_names_every_set() -> None:
    result = ucch("data", "list")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in DATASETS)
    facts = json.loads(ucch("data", "list", "--json").stdout)
    assert list(facts) == list(DATASETS)
    assert (facts["mscoco"]["train"], facts["mscoco"]["queries"], facts["mscoco"]["classes"]) == (117218, 5000, 80)


def test_info_says_which_files_and_from_where() -> None:
    result = ucch("data", "info", "mirflickr25k")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "text       tags, binary, 1,386" in lines
    assert "file       mirflickr25k-yall.mat: YAll (20015, 1386)" in lines
    assert "file       mirflickr25k-iall.mat: IAll, the pictures (optional)" in lines
    facts = json.loads(ucch("data", "info", "mirflickr25k", "--json").stdout)
    assert facts["licence"] == DATASETS["mirflickr25k"].licence
    assert facts["files"][0] == {"file": "mirflickr25k-iall-vgg.mat", "holds": "XAll (20015, 4096)"}


def test_an_unknown_name_is_one_line() -> None:
    result = ucch("data", "info", "wikipdia")
    assert result.exit_code == 1
    assert result.stderr.endswith("Did you mean 'wikipedia'?\n")
    assert result.stderr.count("\n") == 1


def test_check_of_a_good_set(tmp_path: Path, mirflickr: DatasetEntry) -> None:
    write_feature_set(mirflickr, tmp_path, "matlab-7.3")
    result = ucch("data", "check", "MIRFLICKR25K", "--data-root", tmp_path)
    assert result.exit_code == 0
    assert result.stdout == "mirflickr25k is as published: 64 to train on, 16 queries\n"


def test_check_of_a_broken_set_names_each_problem(tmp_path: Path, mirflickr: DatasetEntry) -> None:
    files = small_arrays(mirflickr)
    files["mirflickr25k-yall.mat"]["YAll"] = files["mirflickr25k-yall.mat"]["YAll"].T
    del files["mirflickr25k-lall.mat"]
    write_feature_set(mirflickr, tmp_path, "matlab-5", files)
    result = ucch("data", "check", "mirflickr25k", "--data-root", tmp_path)
    assert result.exit_code == 1
    first, second = result.stdout.splitlines()
    assert "YAll is transposed" in first
    assert second.startswith("mirflickr25k-lall.mat is not in ")
    answer = json.loads(ucch("data", "check", "mirflickr25k", "--data-root", tmp_path, "--json").stdout)
    assert answer == {"name": "mirflickr25k", "problems": [first, second]}


@pytest.mark.parametrize("verb", ["check", "convert"])
def test_a_folder_is_needed(verb: str) -> None:
    result = ucch("data", verb, "mscoco")
    assert result.exit_code == 2
    assert "mscoco is read from its published files; name their folder with --data-root" in result.stderr


def test_a_built_in_set_needs_no_folder() -> None:
    assert ucch("data", "check", "digits").exit_code == 0


def test_convert_names_what_it_wrote(tmp_path: Path, mirflickr: DatasetEntry) -> None:
    write_feature_set(mirflickr, tmp_path, "matlab-5")
    result = ucch("data", "convert", "mirflickr25k", "--data-root", tmp_path)
    assert result.exit_code == 0
    assert [Path(line).name for line in result.stdout.splitlines()] == [
        "mirflickr25k-iall-vgg.XAll.npy",
        "mirflickr25k-yall.YAll.npy",
    ]
    again = ucch("data", "convert", "mirflickr25k", "--data-root", tmp_path)
    assert again.stdout == "nothing to do: every matrix is memory-mapped already\n"


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    result = ucch("data", "convert", "digits", "--debug")
    assert type(result.exception).__name__ == "DataError"


def test_training_and_report_on_captions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "flickr30k", small_entry("flickr30k"))
    write_caption_set(tmp_path)
    run = tmp_path / "run"
    small = ["--bits", "8", "--epochs", "1", "--set", "width=8", "--set", "batch_size=32"]
    result = ucch("train", "--data", "flickr30k", "--data-root", tmp_path, "--out", run, *small)
    assert result.exit_code == 0, result.stderr
    assert "flickr30k, 8 bits: queries are 16 images and their 80 texts" in result.stdout
    assert "No labels, so no MAP." in result.stdout
    report = json.loads(ucch("eval", run, "--json").stdout)
    assert report["map_mean"] is None
    assert list(report["image_to_text"]["recall_at"]) == ["1", "5", "10"]


def test_a_file_of_ones_own_is_checked(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    mine, bad = tmp_path / "mine.npz", tmp_path / "bad.npz"
    np.savez(mine, image=rng.standard_normal((60, 4)), text=rng.standard_normal((60, 3)), label=np.arange(60) % 5)
    np.savez(bad, image_train=np.full((3, 2), np.nan), text_train=np.ones((3, 2)))
    result = ucch("data", "check", mine)
    assert result.exit_code == 0
    said = f"{mine}: 54 items of image (4 values) and text (3 values) train, 6 ask; labels of 5 classes"
    assert result.stdout.strip() == said
    facts = json.loads(ucch("data", "check", mine, "--json").stdout)
    assert (facts["problems"], facts["query"], facts["views"]) == ([], 6, {"image": 4, "text": 3})
    result = ucch("data", "check", bad)
    assert result.exit_code == 1
    assert "image_train" in result.stdout
