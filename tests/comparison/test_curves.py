"""Curves of a comparison."""

from __future__ import annotations

from pathlib import Path

from ucch.comparison import plot_curves
from ucch.comparison.curves import PANELS


def test_more_optimizers_than_colours_unequal_lengths_and_a_baseline_beside_them(
    tmp_path: Path,
) -> None:
    line = dict.fromkeys(PANELS, 0.5)
    histories = {f"optimizer-{number}": [[line] * 3, [line] * 2] for number in range(12)}
    histories["baseline"] = [[{"seconds": 1.0}]]
    plot_curves(histories, "title", tmp_path / "deep" / "curves.png")
    assert (tmp_path / "deep" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_baselines_alone_is_empty(tmp_path: Path) -> None:
    plot_curves({"cvh": [[{"seconds": 1.0}]]}, "title", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").exists()
