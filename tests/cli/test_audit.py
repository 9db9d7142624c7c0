"""``ucch data audit``: what it prints, writes, and cleans."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.trust.made import made_pairs
from ucch.data import PairedDataset, load_npz, save_npz


def ucch(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="ucch")


@pytest.fixture
def file(tmp_path: Path) -> tuple[Path, np.ndarray]:
    pairs, is_wrong = made_pairs(800, wrong=0.3)
    ids = {f"{kind}_id_train": np.array([f"{kind} {i}" for i in range(800)]) for kind in ("image", "text")}
    dataset = PairedDataset("mine", pairs, pairs.take(np.arange(5)))
    return save_npz(tmp_path / "mine.npz", dataset, extra=ids), is_wrong


def test_suspects_have_rows_probabilities_and_ids(file: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    path, is_wrong = file
    said = json.loads(ucch("data", "audit", path, "--json", "--csv", tmp_path / "s.csv").stdout)
    assert (said["data"], said["pairs"], said["named"]) == ("mine", 800, len(said["suspects"]))
    assert said["wrong_share"] == pytest.approx(0.3, abs=0.05)
    named = [suspect["row"] for suspect in said["suspects"]]
    assert said["precision"] == pytest.approx(is_wrong[named].mean(), abs=0.06)
    assert said["suspects"][0]["image_id"] == f"image {named[0]}"
    assert said["suspects"][0]["text_id"] == f"text {named[0]}"
    with open(tmp_path / "s.csv", encoding="utf-8", newline="") as read:
        assert [int(row["row"]) for row in csv.DictReader(read)] == named


def test_what_people_read(file: tuple[Path, np.ndarray]) -> None:
    result = ucch("data", "audit", file[0])
    assert result.exit_code == 0
    assert result.stdout.startswith("mine: of 800 pairs ")
    assert "more; --csv FILE or --json has all" in result.stdout


def test_cleaned_data_have_the_others(file: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    path, _ = file
    said = json.loads(ucch("data", "audit", path, "--json", "--clean", tmp_path / "clean.npz").stdout)
    kept = np.setdiff1d(np.arange(800), [suspect["row"] for suspect in said["suspects"]])
    cleaned = load_npz(tmp_path / "clean.npz")
    np.testing.assert_array_equal(cleaned.train.image, load_npz(path).train.image[kept])
    assert len(cleaned.query) == 5
    again = ucch("data", "audit", path, "--clean", path)
    assert again.exit_code == 2
    assert "must be another file than the data" in again.stderr


def test_where_it_cannot_tell_it_says_so(tmp_path: Path) -> None:
    pairs, _ = made_pairs(800, wrong=0.4, noise=3.0)
    path = save_npz(tmp_path / "weak.npz", PairedDataset("weak", pairs, pairs.take(np.arange(5))))
    said = json.loads(ucch("data", "audit", path, "--json").stdout)
    assert (said["tells"], said["wrong_share"], said["precision"]) == (False, None, None)
    assert said["peak"] < 2
    assert {suspect["probability"] for suspect in said["suspects"]} == {None}
    assert "weak: cannot tell here: many right pairs agree no better than chance" in ucch("data", "audit", path).stdout
    refused = ucch("data", "audit", path, "--clean", tmp_path / "clean.npz")
    assert refused.exit_code == 1
    assert "--clean would take right pairs out; look at those of --csv" in refused.stderr
    assert not (tmp_path / "clean.npz").exists()


def test_too_few_pairs_fail_in_a_line(tmp_path: Path) -> None:
    pairs, _ = made_pairs(90, wrong=0.2)
    path = save_npz(tmp_path / "few.npz", PairedDataset("few", pairs, pairs))
    result = ucch("data", "audit", path)
    assert result.exit_code == 1
    assert "at least 200 pairs" in result.stderr
