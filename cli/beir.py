"""``ucch eval --beir``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from .encoding_progress import EncodingProgress

__all__ = ["evaluate_sets"]

_ELSEWHERE = ("data", "query_codes", "database_codes", "query_labels", "database_labels")
_HEADINGS = ("run", "search", "nDCG@10", "kept", "bytes")


def evaluate_sets(runs: Sequence[Path], form: str | None, out: Path | None, options: dict[str, Any]) -> None:
    """Evaluate each run on one retrieval set and print a row for each way to search.

    Raises:
        UsageError: no run is named, or an option that a retrieval set has no use for.
    """
    wrong = [name for name in _ELSEWHERE if options[name] is not None]
    if wrong or out is not None or form == "latex":
        other = f"--{wrong[0].replace('_', '-')}" if wrong else "--out" if out is not None else "--latex"
        raise click.UsageError(f"--beir prints its figures, with --json or --csv; leave {other} out")
    if not runs:
        raise click.UsageError("--beir needs the run folders to evaluate: ucch eval RUN --beir DIR")

    from ucch.evaluation import evaluate_beir
    from ucch.runs import RunFolder

    reports = []
    for path in runs:
        with EncodingProgress(Console(stderr=True)) as progress:
            reports.append(
                evaluate_beir(
                    RunFolder.open(path),
                    options["beir"],
                    split=options["beir_split"],
                    text_encoder=options["text_encoder"],
                    on_progress=partial(progress, "texts"),
                )
            )
    if form == "json":
        click.echo(json.dumps(reports[0] if len(reports) == 1 else {"runs": reports}))
        return
    rows = [row for report in reports for row in _rows(report)]
    if form == "csv":
        from ucch.evaluation import as_csv

        click.echo(as_csv([list(_HEADINGS), *rows]), nl=False)
        return
    console = Console()
    console.print(_table(reports[0], rows))
    for reason, entry in reports[0]["left_out"].items():
        first = ", ".join(entry["first"])
        console.print(f"left out, {reason}: {entry['count']} ({first})", style="dim", highlight=False)


def _rows(report: dict[str, Any]) -> list[list[str]]:
    name = f"{Path(report['run']).name}, {report['bits']} bits"
    return [
        [name, search, f"{row['ndcg@10']:.3f}", f"{row['kept']:.3f}", str(row["bytes"])]
        for search, row in report["rows"].items()
    ]


def _table(report: dict[str, Any], rows: Sequence[Sequence[str]]) -> Table:
    title = (
        f"{report['data']}, {report['split']}: {report['queries']:,} questions, {report['items']:,} items,"
        f" {report['judgements']:,} judgements"
    )
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for number, heading in enumerate(_HEADINGS):
        table.add_column(heading, justify="left" if number < 2 else "right", no_wrap=number > 0)
    for row in rows:
        table.add_row(*row)
    return table
