"""Reports as tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ucch.evaluation import comparison_rows, compression_rows, compression_text, directions_in, marked, report_rows

__all__ = ["comparison_table", "report_table"]


def report_table(report: dict[str, Any]) -> Group:
    """Lay out a report: a row per direction, the mean and chance below, what the figures are under it."""
    title = f"{report['data']}, {report['bits']} bits: {_sizes(report)}"
    title = marked(title, report.get("supervised", False))
    rows = report_rows(report)
    parts: list[RenderableType] = [
        Text(title, style="bold"),
        *([_table(rows)] if len(rows[0]) > 1 else []),
        Text(_caption(report), style="dim"),
    ]
    if report.get("compression"):
        parts += [_table(compression_rows(report)), Text(compression_text(report), style="dim")]
    return Group(*parts)


def comparison_table(comparison: Sequence[dict[str, Any]]) -> Group:
    """Lay out the differences between runs."""
    first = comparison[0]
    baseline = marked(Path(first["baseline"]).name, first.get("baseline_supervised", False))
    title = f"Differences in MAP to {baseline}, paired by query"
    return Group(Text(title, style="bold"), _table(comparison_rows(comparison)))


def _table(rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 0, 0, 1))
    for number, heading in enumerate(rows[0]):
        table.add_column(heading, justify="left" if number == 0 else "right", no_wrap=number > 0)
    above = False
    for row in rows[1:]:
        below = row[0].startswith(("mean ", "chance "))
        if below and not above:
            table.add_section()
        above = below
        table.add_row(*row)
    return table


def _sizes(report: dict[str, Any]) -> str:
    if report["queries"] == report.get("query_texts", report["queries"]):
        return f"{report['queries']} queries, database of {report['database']}"
    return f"queries are {report['queries']} images and their {report['query_texts']} texts"


def _caption(report: dict[str, Any]) -> str:
    lines = []
    if report["map_mean"] is None:
        lines.append(f"No labels, so no MAP. Split {report['split_digest'][:8]}.")
    else:
        lines.append(f"{report['protocol']['text']}.")
        lines.append(f"95 %: bootstrap over queries. Split {report['split_digest'][:8]}.")
    ways = directions_in(report)
    if any("recall_at" in figures for key, figures in ways.items() if key != "query_to_database"):
        lines.append(f"R@n: the paired item, among the queries{_recall_chance(report)}.")
    lines += [_health(side, health) for side, health in report["health"].items()]
    if "recipe" in report:
        lines.append(f"Recipe {report['recipe']}, seed {report['seed']}, trained {report['seconds']:.1f} s.")
    if report.get("supervised"):
        lines.append("Supervised: trained on labels, not to be ranked with what learns from pairs alone.")
    elif report.get("pseudo_labels"):
        lines.append(f"Unsupervised: its labels were made up from the features ({report['pseudo_labels']}).")
    return "\n".join(lines)


def _recall_chance(report: dict[str, Any]) -> str:
    """What a random order would find, said once where all directions have the same."""
    ways = [figures.get("recall_chance") for figures in directions_in(report).values()]
    if not all(ways):
        return ""
    words = dict.fromkeys(", ".join(f"{share:.3f}" for share in way.values()) for way in ways if way)
    return f"; chance {' and '.join(words)}"


def _health(side: str, health: dict[str, Any]) -> str:
    dead = ", ".join(map(str, health["dead_bits"])) or "none"
    distinct = f"{health['distinct_codes']:,} distinct of {health['codes']:,}"
    if health.get("effective_dimension") is not None:
        distinct += f", effective dimension {health['effective_dimension']:.1f}"
    return f"{side} codes: imbalance {health['bit_imbalance']:.2f} (0 best), dead bits {dead}, {distinct}."
