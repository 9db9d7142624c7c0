"""A board as a whole: what it leaves, that it goes on, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ucch.leaderboard.measured
from tests.leaderboard.kit import small_board
from ucch.errors import RunError
from ucch.leaderboard import run_board


def test_it_leaves_rows_and_pages(tmp_path: Path) -> None:
    ended = []
    rows = run_board(small_board(tmp_path), tmp_path / "out", on_run=lambda *run: ended.append(run))
    assert {(row["method"], row["seeds"], row["few_seeds"]) for row in rows} == {
        ("cvh", 2, False),
        ("ucch rotation", 1, True),
    }
    assert rows[0]["map"] >= rows[1]["map"]
    assert ended[-1] == ("small/" + ended[-1][0].split("/")[1], 3, 3)
    record = json.loads((tmp_path / "out" / "leaderboard.json").read_text())
    assert (record["rows"], record["missing_runs"]) == (rows, 0)
    page = (tmp_path / "out" / "leaderboard.md").read_text()
    assert "| cvh | shallow | 2 |" in page
    assert page.index("cvh | shallow") < page.index("Printed in papers") < page.index("| CVH |")
    assert (tmp_path / "out" / "leaderboard.png").read_bytes().startswith(b"\x89PNG")
    assert "<table>" in (tmp_path / "out" / "leaderboard.html").read_text()
    assert r"\begin{tabular}" in (tmp_path / "out" / "leaderboard.tex").read_text()


def test_it_stops_in_time_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = small_board(tmp_path)
    assert run_board(board, tmp_path / "out", minutes=0) == []
    assert "3 runs are still to be made" in (tmp_path / "out" / "leaderboard.md").read_text()
    with monkeypatch.context() as clock:
        clock.setattr("ucch.leaderboard.run.time.monotonic", iter([0.0, 0.0, 61.0]).__next__)
        assert [row["seeds"] for row in run_board(board, tmp_path / "out", minutes=1)] == [1]
    made: list[str] = []
    evaluate = ucch.leaderboard.measured.evaluate_cell
    monkeypatch.setattr(
        ucch.leaderboard.measured, "evaluate_cell", lambda path, *a: (made.append(path.name), evaluate(path, *a))[1]
    )
    assert len(run_board(board, tmp_path / "out")) == 2
    assert made == ["cvh-8-seed1", "_".join(["rotation-8-seed0", *board.runs[1].settings])]


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "notes.txt").touch()
    with pytest.raises(RunError, match="holds something else than a leaderboard"):
        run_board(small_board(tmp_path), tmp_path / "else")
    board = small_board(tmp_path, '[[runs]]\nmethods = ["cvh", "lsh"]\nseeds = 1\n')
    run_board(board, tmp_path / "out")
    report = tmp_path / "out" / "runs" / "small" / "lsh-8-seed0" / "report.json"
    report.write_text(json.dumps({**json.loads(report.read_text()), "split_digest": "other"}))
    with pytest.raises(RunError, match="evaluated on different splits"):
        run_board(board, tmp_path / "out", minutes=0)
    report.write_text(json.dumps({**json.loads(report.read_text()), "split_digest": None}))
    assert len(run_board(board, tmp_path / "out", minutes=0)) == 2  # of the time when only labels had a digest
