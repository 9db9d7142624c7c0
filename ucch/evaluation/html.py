"""A report as one HTML file that opens offline: figures, pictures, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from .table import comparison_rows, compression_rows, compression_text, directions_in, marked, report_rows

__all__ = ["html_report"]

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1b1b; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; overflow-x: auto; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
img { max-width: 100%; } p { color: #444; max-width: 44rem; }
"""


def html_report(
    reports: Sequence[dict[str, Any]],
    labels: Sequence[str],
    pictures: Sequence[str | Path] = (),
    comparison: Sequence[dict[str, Any]] = (),
) -> str:
    """Render reports, a comparison and pictures as one self-contained page.

    Args:
        reports: of :func:`~ucch.evaluation.evaluate`.
        labels: what each run is called.
        pictures: PNG files to embed.
        comparison: of :func:`~ucch.evaluation.compare_runs`.
    """
    first = reports[0]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f"<title>{escape(str(first['data']))}, {first['bits']} bits</title>",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{escape(str(first['data']))}: {first['queries']} queries, database of {first['database']}</h1>",
        f"<p>{_protocol(first)}{_recall(first)}</p>",
    ]
    for report, label in zip(reports, labels, strict=True):
        header, *rows = report_rows(report)
        name = marked(label, report.get("supervised", False))
        parts += [f"<h2>{escape(name)}, {report['bits']} bits</h2>", _table(header, rows), f"<p>{_health(report)}</p>"]
        if report.get("compression"):
            header, *rows = compression_rows(report)
            parts += [_table(header, rows), f"<p>{escape(compression_text(report))}</p>"]
    if comparison:
        header, *rows = comparison_rows(comparison)
        first_row = comparison[0]
        against = escape(marked(Path(first_row["baseline"]).name, first_row.get("baseline_supervised", False)))
        parts += [f"<h2>Differences in MAP to {against}, paired by query</h2>", _table(header, rows)]
    for path in map(Path, pictures):
        data = base64.b64encode(path.read_bytes()).decode()
        name = path.stem.replace("_", " ")
        parts.append(f'<h2>{escape(name)}</h2><img alt="{escape(name)}" src="data:image/png;base64,{data}">')
    return "\n".join([*parts, "</body></html>", ""])


def _protocol(report: dict[str, Any]) -> str:
    split = escape(str(report["split_digest"])[:8])
    if report.get("classes") == 0:
        return f"No labels, so no MAP. Split {split}."
    return f"{escape(report['protocol']['text'])}. Intervals: 95 % bootstrap over queries. Split {split}."


def _recall(report: dict[str, Any]) -> str:
    has = any("recall_at" in figures for figures in directions_in(report).values())
    return " R@n: the paired item, among the queries." if has else ""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _health(report: dict[str, Any]) -> str:
    sentences = []
    for side, health in report["health"].items():
        dead = ", ".join(map(str, health["dead_bits"])) or "none"
        sentences.append(
            f"{side.capitalize()} codes: imbalance {health['bit_imbalance']:.3f}, dead bits {dead},"
            f" {health['distinct_codes']:,} distinct of {health['codes']:,}, entropy {health['code_entropy']:.1f} bits"
            f"{_dimension(health)}."
        )
    return escape(" ".join(sentences))


def _dimension(health: dict[str, Any]) -> str:
    dimension = health.get("effective_dimension")
    return "" if dimension is None else f", effective dimension {dimension:.1f}"
