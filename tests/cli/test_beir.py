"""``ucch eval --beir`` as a user types it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.data.test_beir import QRELS, write
from tests.serving.kit import TEXT, make_run


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("beir")
    make_run(folder / "run")
    write(folder / "small", qrels=QRELS + "q1\tnowhere\t1\n")
    return folder


def test_table_json_and_csv_say_the_same(place: Path) -> None:
    asked = ("eval", place / "run", "--beir", place / "small", "--text-encoder", TEXT)
    report = json.loads(ucch(*asked, "--json").stdout)
    assert list(report["rows"]) == ["float", "codes", "codes, rescored"]
    rows = list(csv.DictReader(io.StringIO(ucch(*asked, "--csv").stdout)))
    assert [row["search"] for row in rows] == list(report["rows"])
    for row in rows:
        assert float(row["nDCG@10"]) == pytest.approx(report["rows"][row["search"]]["ndcg@10"], abs=5e-4)
    shown = " ".join(ucch(*asked).stdout.split())
    assert "small, test: 2 questions, 3 items, 3 judgements" in shown
    assert "left out, judgements of unknown items: 1 (nowhere)" in shown
    two = json.loads(ucch(*asked[:2], place / "run", *asked[2:], "--json").stdout)["runs"]
    assert two == [report, report]
    assert not (place / "run" / "reports").exists()


def test_wrong_use_is_said(place: Path) -> None:
    for arguments, code, text in (
        (("--beir", place / "small"), 2, "--beir needs the run folders to evaluate"),
        ((place / "run", "--beir", place / "small", "--out", place / "out"), 2, "leave --out out"),
        ((place / "run", "--beir", place / "small", "--data", "digits"), 2, "leave --data out"),
        ((place / "run", "--beir", place / "small", "--latex"), 2, "leave --latex out"),
        ((place / "run", "--beir", place / "small", "--beir-split", "dev"), 1, "are test"),
        ((place / "run", "--beir", place / "small"), 1, "name it: --text-encoder"),
    ):
        result = ucch("eval", *arguments)
        assert result.exit_code == code
        assert text in " ".join(result.stderr.split())
