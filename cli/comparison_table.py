"""Comparisons as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

__all__ = ["comparison_table"]

_COLUMNS = {
    "map": "MAP",
    "map_deviation": "±",
    "recall_at_10": "R@10",
    "seconds": "s",
    "flips_per_row": "flips",
    "key_gap": "gap",
    "bit_imbalance": "imbal.",
    "agreement": "agree",
}


def comparison_table(rows: Sequence[dict[str, Any]]) -> Group:
    """Lay out a comparison: a row per optimizer, a part per code length."""
    from ucch.comparison.summary import cell

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("bits", "optimizer"):
        table.add_column(name, no_wrap=True)
    for heading in _COLUMNS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for number, row in enumerate(rows):
        if number and row["bits"] != rows[number - 1]["bits"]:
            table.add_section()
        name = row["optimizer"] + (" *" if row["supervised"] else "")
        table.add_row(str(row["bits"]), name, *(cell(row[column], column) for column in _COLUMNS))
    settings = [f"{row['optimizer']} {row['bits']}: {' '.join(row['settings'])}" for row in rows if row["settings"]]
    chance = cell(rows[0]["map_chance"], "map_chance")
    text = f"Mean of {rows[0]['seeds']} seeds and both directions, MAP@ALL; chance {chance}. Imbalance: 0 best."
    if any(row["supervised"] for row in rows):
        settings.append("* supervised: trained on labels, not to be ranked with what learns from pairs alone.")
    return Group(table, Text("\n".join([text, *settings]), style="dim"))
