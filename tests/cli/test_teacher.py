"""``ucch teacher`` as a user types it, and ``ucch train --teacher``."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_train import QUICK, data, ucch  # noqa: F401
from ucch.runs import RunFolder


def test_report_of_a_trained_run(data: Path, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "run"
    mie = ("--teacher", "mie", "--set", "generator_steps=20", "--set", "generator_width=16")
    trained = ucch("train", "--data", data, "--out", out, *QUICK, *mie)
    assert trained.exit_code == 0, trained.stderr
    assert "teacher 7/7" in trained.stderr
    shown = ucch("teacher", out)
    assert shown.exit_code == 0, shown.stderr
    assert "teacher mie, asked for mie" in shown.stdout
    assert "precision of the top 1.0%" in shown.stdout
    assert (out / "plots" / "teacher.png").exists()
    report = json.loads(ucch("teacher", out, "--json").stdout)
    assert report["labels"]["chance"] < report["labels"]["top"]["0.01"]


def test_without_a_teacher(data: Path, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "run"
    ucch("train", "--data", data, "--out", out, *QUICK, "--teacher", "none")
    assert RunFolder.open(out).recipe().teacher.similarity == "none"
    shown = ucch("teacher", out)
    assert "teacher none, asked for none" in shown.stdout
    assert "precision" not in shown.stdout


def test_no_run_is_one_line(tmp_path: Path) -> None:
    result = ucch("teacher", tmp_path)
    assert result.exit_code == 1
    assert "is not a run folder" in result.stderr
