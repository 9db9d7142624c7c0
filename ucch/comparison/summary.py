"""From the reports of single runs to one row per optimizer and code length."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from ..evaluation import marked

__all__ = ["markdown_table", "summarize"]

_PLAIN = {"bits": "bits", "optimizer": "optimizer", "seeds": "seeds"}
COLUMNS = {
    "map": "MAP",
    "map_deviation": "±",
    "image_to_text": "i→t",
    "text_to_image": "t→i",
    "recall_at_10": "pair R@10",
    "seconds": "seconds",
    "flips_per_row": "flips/code",
    "key_gap": "key gap",
    "quantization_gap": "quant. gap",
    "bit_imbalance": "imbalance",
    "agreement": "agreement",
}


def summarize(optimizer: str, bits: int, settings: Sequence[str], reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Average what several seeds gave.

    Args:
        optimizer, bits, settings: of the runs.
        reports: of :func:`~ucch.comparison.work.evaluate_cell`, one per seed.

    Returns:
        Plain values: ``supervised``, whether a run trained on labels; ``map`` (mean of both directions, over seeds)
        and ``map_deviation`` (sample deviation over seeds), each direction, ``map_chance``; ``recall_at_10`` of the
        pair; training ``seconds``; ``flips_per_row``, the mean over the epochs after the first; ``key_gap`` and
        ``agreement`` of the last epoch; ``quantization_gap`` of the evaluation; ``bit_imbalance``, 0 best. None where
        there is nothing to average.
    """
    histories = [report["history"] for report in reports]
    maps = [report["map_mean"] for report in reports]
    row = {
        "optimizer": optimizer,
        "bits": bits,
        "settings": list(settings),
        "seeds": len(reports),
        "supervised": any(report.get("supervised", False) for report in reports),
        "map": _mean(maps),
        "map_deviation": statistics.stdev(maps) if len(maps) > 1 and None not in maps else None,
        "image_to_text": _mean([report["image_to_text"]["map"] for report in reports]),
        "text_to_image": _mean([report["text_to_image"]["map"] for report in reports]),
        "map_chance": _mean([report["map_chance"] for report in reports]),
        "recall_at_10": _mean(
            [report[way]["recall_at"]["10"] for report in reports for way in ("image_to_text", "text_to_image")]
        ),
        "seconds": _mean([report["seconds"] for report in reports]),
        "flips_per_row": _mean([line.get("flips_per_row") for lines in histories for line in lines[1:] or lines]),
        "quantization_gap": _mean([(report["quantization_gap"] or {}).get("similarity") for report in reports]),
        "bit_imbalance": _mean([value for report in reports for value in report["bit_imbalance"].values()]),
    }
    for name in ("key_gap", "agreement"):
        row[name] = _mean([lines[-1].get(name) for lines in histories])
    return row


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known and len(known) == len(values) else None


def markdown_table(rows: Sequence[dict[str, Any]]) -> str:
    """Lay rows out as a Markdown table, with chosen settings where there are any."""
    extra = {"settings": "settings"} if any(row["settings"] for row in rows) else {}
    heads = {**_PLAIN, **COLUMNS, **extra}
    lines = [f"| {' | '.join(heads.values())} |", f"|{'|'.join('---' if h in _PLAIN else '---:' for h in heads)}|"]
    named = [{**row, "optimizer": marked(row["optimizer"], row["supervised"])} for row in rows]
    lines += [f"| {' | '.join(cell(row[name], name) for name in heads)} |" for row in named]
    return "\n".join(lines) + "\n"


def cell(value: Any, name: str) -> str:
    """Write one figure of a row."""
    if value is None:
        return "-"
    if isinstance(value, list):
        return " ".join(value) or "-"
    if isinstance(value, float):
        return f"{value:.1f}" if name == "seconds" else f"{value:.3f}"
    return str(value)
