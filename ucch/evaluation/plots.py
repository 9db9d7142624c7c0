"""Pictures of reports, one run or several overlaid; readable in grey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import replacing
from .table import directions_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PLOTS", "draw", "write_plots"]

Report = dict[str, Any]
_TITLES = {
    "image_to_text": "image asks, texts answer",
    "text_to_image": "text asks, images answer",
    "query_to_database": "queries ask, database answers",
}
_COLOURS = ("#1f5a92", "#c1551b", "#3b7d3a", "#7a4b9c", "#8a6d1a", "#444444")
_LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
_MARKS = ("o", "s", "^", "D", "v", "x")


def precision_recall(axes: Axes, figures: Report, style: dict[str, Any]) -> None:
    """Draw precision against recall within each Hamming radius; radii where nothing returns are left out."""
    curve = figures["by_radius"]
    rows = zip(curve["recall"], curve["precision"], curve["empty"], strict=True)
    points = [(recall, precision) for recall, precision, empty in rows if recall is not None and empty < 1]
    axes.plot([p[0] for p in points], [p[1] for p in points], **style)
    axes.axhline(figures["map_chance"], color="0.5", linewidth=1, linestyle=":")
    axes.set(xlabel="recall within a Hamming radius", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.01))


def precision_at_n(axes: Axes, figures: Report, style: dict[str, Any]) -> None:
    """Draw precision among the first n."""
    curve = figures["precision_curve"]
    axes.plot(curve["n"], curve["precision"], **style)
    axes.axhline(figures["map_chance"], color="0.5", linewidth=1, linestyle=":")
    axes.set(xlabel="n nearest items", ylabel="precision", xscale="log", ylim=(0, 1.01))


def distances(axes: Axes, figures: Report, style: dict[str, Any]) -> None:
    """Draw the share of relevant (filled line) and of other pairs (thin line) at each Hamming distance."""
    relevant, others = (np.array(figures["distances"][kind]) for kind in ("relevant", "others"))
    plain = {**style, "marker": None}
    axes.plot(relevant, **plain)
    axes.fill_between(np.arange(len(relevant)), relevant, color=style["color"], alpha=0.15, linewidth=0)
    axes.plot(others, **{**plain, "linewidth": 1.0, "alpha": 0.7, "label": None})
    axes.set(xlabel="Hamming distance (shaded: relevant, thin: others)", ylabel="share of pairs", ylim=(0, None))


def bit_balance(axes: Axes, balance: Sequence[float], style: dict[str, Any]) -> None:
    """Draw the share of +1 of each bit, bits sorted."""
    axes.plot(np.arange(1, len(balance) + 1), np.sort(balance), **style)
    axes.axhline(0.5, color="0.5", linewidth=1, linestyle=":")
    axes.set(xlabel="bits, sorted", ylabel="share of +1", ylim=(0, 1.01))


_CURVES: dict[str, tuple[str, Callable[[Axes, Report, dict[str, Any]], None]]] = {
    "precision_recall": ("Precision and recall by Hamming radius", precision_recall),
    "precision_at_n": ("Precision at n", precision_at_n),
    "distances": ("Distances of relevant and other pairs", distances),
}
PLOTS = (*_CURVES, "bit_balance")


def draw(name: str, reports: Sequence[Report], labels: Sequence[str]) -> Figure:
    """Draw one of ``PLOTS``, directions side by side, runs overlaid.

    Args:
        name: one of ``PLOTS``.
        reports: of :func:`~ucch.evaluation.evaluate`, on labelled data.
        labels: what the legend calls each run.
    """
    from matplotlib.figure import Figure

    keys = list(reports[0]["health"]) if name == "bit_balance" else list(directions_in(reports[0]))
    figure = Figure(figsize=(0.6 + 3.9 * len(keys), 3.8), dpi=150, layout="constrained")
    panels = figure.subplots(1, len(keys), sharey=name != "distances", squeeze=False)[0]
    for number, (report, label) in enumerate(zip(reports, labels, strict=True)):
        turn = number % len(_COLOURS)
        style = {
            "color": _COLOURS[turn],
            "linestyle": _LINES[turn],
            "marker": _MARKS[turn],
            "markersize": 3.0,
            "label": label,
        }
        for axes, key in zip(panels, keys, strict=True):
            if name == "bit_balance":
                bit_balance(axes, report["health"][key]["balance"], style)
            else:
                _CURVES[name][1](axes, report[key], style)
            axes.set_title(_title(key, codes=name == "bit_balance"), loc="left", fontsize=10)
            axes.spines[["top", "right"]].set_visible(False)
    title = "Bit balance" if name == "bit_balance" else _CURVES[name][0]
    figure.suptitle(f"{title}: {reports[0]['data']}, {reports[0]['bits']} bits", x=0.01, ha="left", fontsize=11)
    panels[0].legend(frameon=False, fontsize=8)
    return figure


def _title(key: str, *, codes: bool) -> str:
    asks, _, answers = key.partition("_to_")
    return f"{key} codes" if codes else _TITLES.get(key, f"{asks} asks, {answers} answers")


def write_plots(reports: Sequence[Report], labels: Sequence[str], folder: str | Path) -> list[Path]:
    """Write every picture that the reports allow as PNG: all of ``PLOTS`` with labels, bit balance without.

    Returns:
        The files written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = PLOTS if all(report["map_mean"] is not None for report in reports) else ("bit_balance",)
    paths = [folder / f"{name}.png" for name in names]
    for name, path in zip(names, paths, strict=True):
        with replacing(path) as aside:
            draw(name, reports, labels).savefig(aside, format="png")
    return paths
