"""``ucch eval`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from ucch.cli.main import cli

from tests.training.kit import small_dataset, small_pairs, small_recipe
from ucch.data import PairedDataset, save_npz
from ucch.training import RunFolder, train_run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    save_npz(tmp_path / "small.npz", small_dataset())
    recipe = small_recipe().model_copy(update={"data": str(tmp_path / "small.npz")})
    folder = RunFolder.create(tmp_path / "run", recipe)
    train_run(folder, small_dataset().train)
    return folder


def test_table_and_json_tell_the_same(run: RunFolder) -> None:
    table = CliRunner().invoke(cli, ["eval", str(run.path)])
    report = json.loads(CliRunner().invoke(cli, ["eval", str(run.path), "--json"]).stdout)
    assert table.exit_code == 0
    assert f"{report['map_mean']:.3f}" in table.stdout
    assert f"{report['map_chance']:.3f}" in table.stdout
    assert json.loads(run.report_file.read_text()) == report


def test_other_data_leaves_the_report_of_the_run_alone(run: RunFolder, tmp_path: Path) -> None:
    other = PairedDataset("other", train=small_pairs(60, seed=3), query=small_pairs(20, seed=4))
    save_npz(tmp_path / "other.npz", other)
    result = CliRunner().invoke(cli, ["eval", str(run.path), "--data", str(tmp_path / "other.npz"), "--json"])
    assert json.loads(result.stdout)["database"] == 60
    assert not run.report_file.exists()
