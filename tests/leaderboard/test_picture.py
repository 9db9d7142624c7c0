"""The picture: a panel per set and length, also where a row has no interval."""

from __future__ import annotations

from pathlib import Path

from matplotlib.image import imread

from tests.leaderboard.kit import ROWS, row
from ucch.leaderboard.picture import plot_board


def test_it_grows_with_sets_and_lengths(tmp_path: Path) -> None:
    plot_board(ROWS, tmp_path / "one.png")
    more = [*ROWS, row("cvh", 0.2, bits=64), row("cvh", 0.2, data="other", interval=None), row("lsh", 0.1, map=None)]
    plot_board(more, tmp_path / "new" / "four.png")
    one, four = (imread(path).shape for path in (tmp_path / "one.png", tmp_path / "new" / "four.png"))
    assert four[0] > one[0]
    assert four[1] > one[1]
