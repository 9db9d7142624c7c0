"""Pictures of a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["plot_precision_recall"]


def plot_precision_recall(report: dict[str, Any], path: Path) -> None:
    """Draw precision against recall of everything within each Hamming radius, both directions, beside chance.

    Points where no query returned anything are left out. Readable in grey: the directions differ in line and mark.

    Args:
        report: of :func:`~ucch.evaluation.evaluate`, on labelled data.
        path: the PNG to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 4.2), dpi=150, layout="constrained")
    axes = figure.subplots()
    styles = {
        "image_to_text": ("image asks, texts answer", "-", "o", "#1f5a92"),
        "text_to_image": ("text asks, images answer", "--", "s", "#c1551b"),
    }
    for direction, (label, line, mark, colour) in styles.items():
        curve = report[direction]["by_radius"]
        points = [
            (recall, precision)
            for recall, precision, empty in zip(curve["recall"], curve["precision"], curve["empty"], strict=True)
            if recall is not None and empty < 1
        ]
        recall, precision = zip(*points, strict=True)
        axes.plot(recall, precision, line, marker=mark, markersize=3.5, color=colour, label=label)
    axes.axhline(report["map_chance"], color="0.45", linewidth=1, linestyle=":", label="chance")
    axes.set(xlabel="recall within a Hamming radius", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.01))
    axes.set_title(f"{report['data']}, {report['bits']} bits: MAP {report['map_mean']:.3f}", loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
