"""A leaderboard as a picture: MAP with its interval, a panel per data set and length."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .rows import KINDS

__all__ = ["plot_board"]

_COLOURS = dict(zip(KINDS, ("#1f5a92", "#c1551b", "#3b7d3a", "#7a4b9c"), strict=True))


def plot_board(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw a dot per row at its MAP and a line for its interval, best on top; a dashed line is chance.

    Args:
        rows: of :func:`~ucch.leaderboard.make_row`, at least one; rows without a MAP are left out.
        path: the PNG to write.
    """
    from matplotlib.figure import Figure

    data, lengths = list(dict.fromkeys(row["data"] for row in rows)), sorted({row["bits"] for row in rows})
    panels = {
        (name, bits): [row for row in rows if (row["data"], row["bits"]) == (name, bits) and row["map"] is not None]
        for name in data
        for bits in lengths
    }
    tallest = max(map(len, panels.values()))
    size = (4.2 * len(lengths) + 1, (0.22 * tallest + 1.1) * len(data))
    figure = Figure(figsize=size, dpi=130, layout="constrained")
    axes = figure.subplots(len(data), len(lengths), squeeze=False)
    for axis, ((name, bits), own) in zip(axes.flat, panels.items(), strict=True):
        for place, row in enumerate(reversed(own)):
            low, high = row["interval"] or (row["map"], row["map"])
            axis.plot([low, high], [place, place], color=_COLOURS[row["kind"]], linewidth=1.2)
            axis.plot([row["map"]], [place], "o", color=_COLOURS[row["kind"]], markersize=4)
        if own:
            axis.axvline(own[0]["map_chance"], color="#888888", linestyle="--", linewidth=0.8)
        axis.set_yticks(range(len(own)), [row["method"] for row in reversed(own)], fontsize=8)
        axis.set_title(f"{name}, {bits} bits", fontsize=9, loc="left")
        axis.tick_params(axis="x", labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    for found in dict.fromkeys(row["kind"] for row in rows):
        axes.flat[0].plot([], [], "o-", color=_COLOURS[found], label=found, markersize=4)
    figure.legend(loc="outside lower center", ncols=len(KINDS), frameon=False, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
