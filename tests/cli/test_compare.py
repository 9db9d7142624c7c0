"""``ucch compare`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.training.kit import small_dataset
from ucch.data import save_npz

SMALL = ["--epochs", "2", "--set", "width=8", "--set", "batch_size=32", "--bits", "8", "--seeds", "2", "--jobs", "1"]


def ucch(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    save_npz(tmp_path / "small.npz", small_dataset())
    return tmp_path / "small.npz"


def test_table_then_json_from_the_same_runs(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = ucch("compare", "--data", data, *SMALL, "--optimizers", "momentum,Straight_Through", "--out", out)
    assert first.exit_code == 0, first.stderr
    assert "straight-through" in first.stdout
    assert "4/4  straight-through-8-seed1" in first.stderr
    again = ucch("compare", "--data", data, *SMALL, "--optimizers", "momentum,straight-through", "--out", out, "--json")
    rows = json.loads(again.stdout)
    assert [row["optimizer"] for row in rows] == ["momentum", "straight-through"]
    assert f"{rows[0]['map']:.3f}" in first.stdout


def test_baselines_stand_beside_ucch(data: Path, tmp_path: Path) -> None:
    words = ("--methods", "cvh,itq,djsrh", "--seeds", "1", "--out", tmp_path / "out", "--json")
    result = ucch("compare", "--data", data, *SMALL, *words)
    assert result.exit_code == 0, result.stderr
    rows = {row["optimizer"]: row for row in json.loads(result.stdout)}
    assert list(rows) == ["rotation", "cvh", "itq-recipe", "djsrh"]
    assert rows["cvh"]["flips_per_row"] is None
    assert rows["djsrh"]["agreement"] is not None
    assert all(row["map"] > row["map_chance"] for row in rows.values())


def test_a_grid_is_tried_and_named(data: Path, tmp_path: Path) -> None:
    words = ("--optimizers", "bop", "--grid", "bop.scale=.5,2", "--seeds", "1", "--out", tmp_path / "out", "--json")
    result = ucch("compare", "--data", data, *SMALL, *words)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)[0]["settings"] in (["bop.scale=.5"], ["bop.scale=2"])
    assert "3/3" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--optimizers", "bob"), "'bob' is not all or one of momentum, rotation, straight-through"),
        (("--bits", "many"), "'many' is no list of whole numbers such as 16,32"),
        (("--seeds", "0"), "0 is not in the range x>=1"),
    ],
)
def test_wrong_usage_exits_with_2(words: tuple[str, ...], message: str) -> None:
    result = ucch("compare", *words)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_wrong_setting_exits_with_1_before_any_run(data: Path, tmp_path: Path) -> None:
    result = ucch("compare", "--data", data, *SMALL, "--grid", "temperature=hot", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: recipe key loss.temperature")
    assert not (tmp_path / "out").exists()
