"""``ucch eval`` as a user types it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from ucch.cli.main import cli

from tests.evaluation.kit import code_files
from tests.training.kit import small_dataset, small_pairs, small_recipe
from ucch.data import PairedDataset, save_npz
from ucch.extraction import write_codes
from ucch.metrics import Protocol
from ucch.runs import RunFolder
from ucch.training import train_run


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


def test_two_runs_are_compared_and_written_where_asked(run: RunFolder, tmp_path: Path) -> None:
    recipe = run.recipe().model_copy(update={"seed": 5})
    other = RunFolder.create(tmp_path / "other", recipe)
    train_run(other, small_dataset().train)
    out = tmp_path / "compared"
    arguments = ["eval", str(run.path), str(other.path), "--out", str(out)]
    table = CliRunner().invoke(cli, arguments)
    assert table.exit_code == 0, table.stderr
    assert "Differences in MAP to run, paired by query" in table.stdout
    written = json.loads((out / "report.json").read_text())
    first, second = (report["map_mean"] for report in written["runs"])
    assert written["comparison"][0]["mean"]["difference"] == pytest.approx(second - first)
    assert len(list((out / "plots").iterdir())) == 4
    assert not run.report_file.exists()
    again = CliRunner().invoke(cli, arguments)
    assert again.exit_code == 1
    assert "already holds something; name another folder with --out" in again.stderr


def test_codes_from_anywhere(tmp_path: Path) -> None:
    files = code_files(tmp_path)
    arguments = ["eval", "--bits", "20", "--protocol", "djsrh", "--cutoff", "10", "--ties", "optimistic"]
    for name in ("query_codes", "database_codes", "query_labels", "database_labels"):
        arguments += ["--" + name.replace("_", "-"), str(getattr(files, name))]
    report = json.loads(CliRunner().invoke(cli, [*arguments, "--json"]).stdout)
    assert (report["bits"], report["queries"], report["database"]) == (20, 30, 80)
    assert report["protocol"]["text"] == str(Protocol(10, "optimistic", "zero", "retrieved"))
    table = CliRunner().invoke(cli, arguments)
    assert re.search(rf"query to database +{report['map_mean']:.3f} ", table.stdout)
    assert re.search(rf"chance MAP@10, [a-z, ]*{report['map_chance']:.3f} ", table.stdout)
    assert CliRunner().invoke(cli, [*arguments, "--csv"]).stdout.splitlines()[1].startswith("query to database,0.")
    assert "\\midrule" in CliRunner().invoke(cli, [*arguments, "--latex"]).stdout


def test_codes_that_encode_wrote_as_parquet_need_no_bits(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pip install 'ucch[data]'")
    files = code_files(tmp_path)
    labels = ["--query-labels", str(files.query_labels), "--database-labels", str(files.database_labels), "--json"]
    arguments = ["eval", *labels]
    for side, path in (("query", files.query_codes), ("database", files.database_codes)):
        codes = np.load(path)
        out = tmp_path / f"{side}.parquet"
        write_codes(out, codes, [str(row) for row in range(len(codes))], n_bits=20, modality="text")
        arguments += [f"--{side}-codes", str(out)]
    report = json.loads(CliRunner().invoke(cli, arguments).stdout)
    npy = ["--query-codes", str(files.query_codes), "--database-codes", str(files.database_codes), "--bits", "20"]
    expected = json.loads(CliRunner().invoke(cli, ["eval", *labels, *npy]).stdout)
    assert report["bits"] == 20
    assert report | {"data": ""} == expected | {"data": ""}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name either run folders or files of codes"),
        ((".", "--query-codes", __file__), "name either run folders or files of codes"),
        (
            ("--query-codes", __file__),
            "codes from anywhere need --database-codes, --query-labels, --database-labels too",
        ),
    ],
)
def test_neither_or_both_or_half_is_wrong_usage(arguments: tuple[str, ...], message: str) -> None:
    result = CliRunner().invoke(cli, ["eval", *arguments])
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_failed_evaluation_leaves_nothing(tmp_path: Path) -> None:
    files = code_files(tmp_path)
    np.save(files.query_labels, np.zeros(7, dtype=int))
    arguments = ["eval", "--bits", "20", "--out", str(tmp_path / "out")]
    for name in ("query_codes", "database_codes", "query_labels", "database_labels"):
        arguments += ["--" + name.replace("_", "-"), str(getattr(files, name))]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 1
    assert "got 7 in" in result.stderr
    assert not (tmp_path / "out").exists()


def test_other_data_leaves_the_report_of_the_run_alone(run: RunFolder, tmp_path: Path) -> None:
    other = PairedDataset("other", train=small_pairs(60, seed=3), query=small_pairs(20, seed=4))
    save_npz(tmp_path / "other.npz", other)
    result = CliRunner().invoke(cli, ["eval", str(run.path), "--data", str(tmp_path / "other.npz"), "--json"])
    assert json.loads(result.stdout)["database"] == 60
    assert not run.report_file.exists()
