"""Reports as tables."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

__all__ = ["report_table"]

_NAMES = {"image_to_text": "image to text", "text_to_image": "text to image"}


def report_table(report: dict[str, Any]) -> Group:
    """Lay out a report: a row per direction, the mean and chance below."""
    title = f"{report['data']}, {report['bits']} bits: {_sizes(report)}"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    precision, recall = report["image_to_text"]["precision_at"] or {}, report["image_to_text"]["recall_at"]
    table.add_column("", no_wrap=True)
    headings = ["MAP", *(f"P@{n}" for n in precision), *(f"R@{n}" for n in recall)]
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for key, name in _NAMES.items():
        row = report[key]
        figures = [row["map"], *(row["precision_at"] or {}).values(), *row["recall_at"].values()]
        table.add_row(name, *map(_figure, figures))
    if report["map_mean"] is not None:
        table.add_section()
        table.add_row("mean", _figure(report["map_mean"]))
        table.add_row("chance", _figure(report["map_chance"]))
    return Group(Text(title, style="bold"), table, Text(_caption(report), style="dim"))


def _caption(report: dict[str, Any]) -> str:
    balance = ", ".join(f"{modality} {value:.2f}" for modality, value in report["bit_imbalance"].items())
    missing = "" if report["classes"] else "No labels, so no MAP. "
    return (
        f"{missing}R@n: the paired item, among the queries. Bit imbalance, 0 best: {balance}.\n"
        f"Recipe {report['recipe']}, seed {report['seed']}, trained {report['seconds']:.1f} s."
    )


def _sizes(report: dict[str, Any]) -> str:
    if report["queries"] == report["query_texts"]:
        return f"{report['queries']} queries, database of {report['database']}"
    return f"queries are {report['queries']} images and their {report['query_texts']} texts"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
