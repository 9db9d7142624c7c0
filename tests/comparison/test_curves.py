"""Curves of a comparison."""

from __future__ import annotations

from pathlib import Path

from ucch.comparison import plot_curves
from ucch.comparison.curves import PANELS


def test_a_picture_also_of_more_optimizers_than_colours_and_of_unequal_lengths(tmp_path: Path) -> None:
    line = dict.fromkeys(PANELS, 0.5)
    histories = {f"optimizer-{number}": [[line] * 3, [line] * 2] for number in range(12)}
    plot_curves(histories, "title", tmp_path / "deep" / "curves.png")
    assert (tmp_path / "deep" / "curves.png").read_bytes().startswith(b"\x89PNG")
