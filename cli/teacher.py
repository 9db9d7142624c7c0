"""``ucch teacher``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from .options import debug_option
from .paths import InputPath

__all__ = ["command"]


@click.command("teacher")
@click.argument("run", metavar="RUN", type=InputPath(file_okay=False))
@click.option("--data-root", metavar="DIR", type=InputPath(file_okay=False), help="Folder of a published data set.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@debug_option
def command(run: Path, data_root: Path | None, as_json: bool) -> None:
    """Say what the teacher of a run knows of its training pairs.

    Without labels: how far the modalities agree and the teacher with each. With labels: precision of its top pairs,
    false negatives found, calibration, and a picture in the run's plots/teacher.png.

    \b
    ucch teacher runs/digits-64
    ucch teacher runs/digits-64 --json
    """
    from ucch.evaluation import draw_teacher, teacher_report
    from ucch.runs import RunFolder
    from ucch.training.growing import run_dataset
    from ucch.training.taught_pairs import taught_pairs

    folder = RunFolder.open(run)
    dataset = run_dataset(folder.recipe(), data_root=str(data_root) if data_root is not None else None)
    report = teacher_report(folder, taught_pairs(folder, dataset.train))
    picture = folder.plots / "teacher.png"
    if report["labels"] is not None:
        draw_teacher(report, picture)
    if as_json:
        click.echo(json.dumps(report))
        return
    Console().print(_table(report))
    if report["labels"] is not None:
        Console(stderr=True).print(f"picture in {picture}", highlight=False)


def _table(report: dict[str, Any]) -> Table:
    table = Table(title=f"teacher {report['teacher']}, asked for {report['asked']}", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    lift = f"{report['lift']:.2f} (auto: from {report['least_lift']:.2f}, mie {report['mie_least_lift']:.2f})"
    table.add_row("agreement of the modalities", lift)
    gain = f"{report['gain']:.2f} (joint-semantics: from {report['least_gain']:.2f})"
    table.add_row("gain of propagation", gain)
    if report["teacher"] == "none":
        return table
    for side in ("image", "text"):
        table.add_row(f"its nearest 5 % that are nearest by {side}", f"{report[f'near_by_{side}']:.1%}")
    ends = report["similarity"]
    table.add_row("similarity of pairs, median and 95 %", f"{ends['0.5']:.3f}, {ends['0.95']:.3f}")
    if (labels := report["labels"]) is None:
        return table
    table.add_row("pairs that share a label (chance)", f"{labels['chance']:.1%}")
    for share, precision in labels["top"].items():
        table.add_row(f"precision of the top {float(share):.1%}", f"{precision:.1%}")
    found = f"{labels['false_negatives_found']:.1%} of at most {labels['most_findable']:.1%}"
    table.add_row(f"false negatives among the top {labels['negatives_share']:.0%}", found)
    for tenth, (similarity, share) in enumerate(labels["calibration"], start=1):
        table.add_row(f"tenth {tenth} of the pairs: similarity, share alike", f"{similarity:.3f}, {share:.1%}")
    return table
