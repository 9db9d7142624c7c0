"""``ucch leaderboard`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.leaderboard.kit import small_board


def ucch(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_it_runs_what_is_left_and_prints_what_was_measured(tmp_path: Path) -> None:
    small_board(tmp_path, '[[runs]]\nmethods = ["cvh", "lsh"]\nseeds = 1\n')
    words = ("leaderboard", tmp_path / "board.toml", "--jobs", 1, "--out", tmp_path / "out")
    first = ucch(*words, "--minutes", 0)
    assert first.exit_code == 0, first.stderr
    assert "2 runs are still to be made" in first.stdout
    second = ucch(*words)
    assert "| cvh | shallow | 1† |" in second.stdout
    assert "Printed in papers" not in second.stdout
    assert "2/2  small/lsh-8-seed0" in second.stderr
    assert {row["method"] for row in json.loads(ucch(*words, "--json").stdout)} == {"cvh", "lsh"}


def test_a_wrong_board_exits_with_1_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "board.toml").write_text('bits = [8]\ntitel = "x"\n')
    result = ucch("leaderboard", tmp_path / "board.toml")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
