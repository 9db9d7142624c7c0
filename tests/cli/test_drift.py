"""``ucch data drift``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.cli.test_train import QUICK
from tests.training.kit import small_dataset, small_pairs
from ucch.data import PairedDataset, save_npz


def ucch(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drift")
    save_npz(folder / "old.npz", small_dataset())
    save_npz(folder / "new.npz", PairedDataset("new", train=small_pairs(60, seed=9), query=small_pairs(9, seed=5)))
    save_npz(folder / "few.npz", PairedDataset("few", train=small_pairs(6, seed=9), query=small_pairs(9, seed=5)))
    assert ucch("train", "--data", folder / "old.npz", "--out", folder / "run", *QUICK).exit_code == 0
    return folder


def test_it_says_what_codes_keep_of_both_and_what_to_do(folder: Path) -> None:
    result = ucch("data", "drift", folder / "run", "--data", folder / "new.npz")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("codes keep of 40 earlier pairs that were not trained on: neighbours 0.")
    assert "of 60 new ones" in result.stdout


def test_json_is_one_object(folder: Path) -> None:
    command = ("data", "drift", folder / "run", "--data", folder / "new.npz", "--replay", folder / "old.npz", "--json")
    said = json.loads(ucch(*command).stdout)
    assert (said["data"], said["gallery"], said["new"]["n_pairs"]) == ("new", 100, 60)
    assert said["advice"] in ("grow", "retrain")


def test_too_few_pairs_are_refused(folder: Path) -> None:
    result = ucch("data", "drift", folder / "run", "--data", folder / "few.npz")
    assert result.exit_code == 1
    assert "new must hold at least 20 complete pairs, got 6; a drift needs more" in result.stderr
