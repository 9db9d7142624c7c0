"""Curves over epochs: what every optimizer's codes did while they learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..files import replacing

__all__ = ["PANELS", "plot_curves"]

PANELS = {
    "contrastive": "contrastive loss",
    "flips_per_row": "bits flipped per moved code",
    "agreement": "agreement of modalities",
    "key_gap": "key gap",
}
_COLOURS = ("#1f5a92", "#c1551b", "#3b7d3a", "#7a4b9c", "#8a6d1a")
_LINES = ("-", "--", ":")


def plot_curves(histories: Mapping[str, Sequence[Sequence[dict[str, Any]]]], title: str, path: str | Path) -> None:
    """Draw a line per optimizer, the mean over its seeds, in a panel per measure; baselines have no epochs to draw.

    Args:
        histories: for every optimizer the history of each seed, a dict of figures per epoch.
        title: above the panels.
        path: the PNG to write.
    """
    from matplotlib.figure import Figure

    path = Path(path)
    histories = {
        name: seeds for name, seeds in histories.items() if all(panel in line for panel in PANELS for line in seeds[0])
    }
    figure = Figure(figsize=(9.5, 6.2), dpi=150, layout="constrained")
    axes = figure.subplots(2, 2)
    for panel, (measure, label) in zip(axes.flat, PANELS.items(), strict=True):
        for number, (name, seeds) in enumerate(histories.items()):
            length = min(map(len, seeds))
            values = np.mean([[line[measure] for line in lines[:length]] for lines in seeds], axis=0)
            colour, line = _COLOURS[number % len(_COLOURS)], _LINES[number // len(_COLOURS) % len(_LINES)]
            panel.plot(np.arange(1, length + 1), values, line, color=colour, linewidth=1.4, label=name)
        panel.set(xlabel="epoch", ylabel=label)
        panel.spines[["top", "right"]].set_visible(False)
    axes.flat[1].set_yscale("symlog", linthresh=0.1)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as aside:
        figure.savefig(aside, format="png")
