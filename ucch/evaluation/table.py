"""Reports as rows of text, for the terminal, CSV, LaTeX and HTML alike."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..metrics import Protocol

__all__ = [
    "as_csv",
    "as_latex",
    "comparison_rows",
    "compression_rows",
    "compression_text",
    "directions_in",
    "marked",
    "report_protocol",
    "report_rows",
]

_USUAL = ("image_to_text", "text_to_image", "query_to_database")


def directions_in(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Figures of a report by the key of the direction, such as ``image_to_text``."""
    return {key: report[key] for key in report.get("directions", _USUAL) if key in report}


def report_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """A header, a row per direction, and with labels the mean and chance, which name the protocol.

    Missing figures are a dash.
    """
    labelled = report["map_mean"] is not None
    directions = {key.replace("_", " "): figures for key, figures in directions_in(report).items()}
    first = next(iter(directions.values()))
    header = [""]
    if labelled:
        header += ["MAP", "95 %", *(f"P@{n}" for n in first["precision_at"])]
    header += [f"R@{n}" for n in first.get("recall_at", ())]
    rows = [header, *([name, *_figures(direction, labelled)] for name, direction in directions.items())]
    if labelled:
        protocol = report_protocol(report).short
        if len(directions) > 1:
            rows.append([f"mean {protocol}", figure(report["map_mean"])])
        rows.append([f"chance {protocol}", figure(report["map_chance"])])
    return [row + [""] * (len(header) - len(row)) for row in rows]


def report_protocol(report: Mapping[str, Any]) -> Protocol:
    """The protocol behind the MAP of a report."""
    return Protocol(**{field.name: report["protocol"][field.name] for field in fields(Protocol)})


def _figures(direction: Mapping[str, Any], labelled: bool) -> list[str]:
    pairs = [figure(value) for value in direction.get("recall_at", {}).values()]
    if not labelled:
        return pairs
    bounds = direction["map_interval"]
    interval = "-" if bounds is None else "-".join(map(figure, bounds))
    at = [figure(value) for value in direction["precision_at"].values()]
    return [figure(direction["map"]), interval, *at, *pairs]


def comparison_rows(comparison: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """A header and a row per run and direction: difference of MAP to the baseline, interval, p."""
    rows = [["run", "direction", "difference", "95 %", "p"]]
    for row in comparison:
        for direction, found in row.items():
            if isinstance(found, Mapping):
                low, high = found["interval"]
                rows.append(
                    [
                        marked(Path(row["run"]).name, row.get("supervised", False)),
                        direction.replace("_", " "),
                        f"{found['difference']:+.3f}",
                        f"{low:+.3f} to {high:+.3f}",
                        f"{found['p_value']:.4f}",
                    ]
                )
    return rows


_KEPT = {
    "recall_at_10": "top 10 in 10",
    "within_200": "in 200",
    "pair_at_1": "pair R@1",
    "pair_at_10": "pair R@10",
    "map": "MAP",
}


def compression_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """A header and a row per way to keep the items; columns that nothing fills are left out."""
    rows = report["compression"]["rows"]
    columns = {key: title for key, title in _KEPT.items() if any(row[key] is not None for row in rows)}
    header = ["what the compression cost", "bytes", *columns.values()]
    return [header, *([row["name"], str(row["bytes"]), *(figure(row[key]) for key in columns)] for row in rows)]


def compression_text(report: Mapping[str, Any]) -> str:
    """Say what the figures of :func:`compression_rows` are of."""
    cost = report["compression"]
    text = (
        f"Top 10 in n: share of a query's ten nearest by the features, {cost['neighbors']}, among the first n;"
        f" {cost['queries']:,} queries, {cost['items']:,} items."
    )
    if cost["pair_items"] is not None:
        text += f" Pairs are looked for among {cost['pair_items']:,}."
    if cost["fitted"] is not None:
        text += f" The others were fitted on {cost['fitted']:,} training pairs."
    return text


def marked(name: str, supervised: bool) -> str:
    """Name a run so that one which trained on labels is never taken for one which did not."""
    return f"{name} (supervised)" if supervised else name


def figure(value: float | None) -> str:
    """Three decimals, or a dash for what was not measured."""
    return "-" if value is None else f"{value:.3f}"


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """Rows as CSV text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def as_latex(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a LaTeX tabular, with the rules of booktabs."""
    header, *body = [" & ".join(map(_escape, row)) + r" \\" for row in rows]
    columns = "l" + "r" * (len(rows[0]) - 1)
    lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", header, r"\midrule", *body, r"\bottomrule"]
    return "\n".join([*lines, r"\end{tabular}", ""])


def _escape(cell: str) -> str:
    for character in "&%$#_{}":
        cell = cell.replace(character, "\\" + character)
    return cell
