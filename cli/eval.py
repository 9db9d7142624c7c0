"""``ucch eval``."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from .options import debug_option

__all__ = ["command"]


@click.command("eval")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", metavar="NAME|FILE.npz", help="Other data to evaluate on.  [default: the run's own]")
@click.option("--data-root", metavar="DIR", type=click.Path(path_type=Path), help="Folder of a published data set.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@debug_option
def command(run: Path, data: str | None, data_root: Path | None, as_json: bool) -> None:
    """Evaluate the run folder RUN: MAP both ways beside chance, precision, recall of the pair, bit balance.

    On the run's own data the report and pictures in the folder are renewed; with --data nothing is written.

    \b
    ucch eval runs/digits-64 --json
    """
    from ucch.data import load_dataset
    from ucch.evaluation import evaluate_run
    from ucch.training import RunFolder

    from .tables import report_table

    folder = RunFolder.open(run)
    recipe = folder.recipe()
    root = str(data_root) if data_root is not None else recipe.data_root
    report = evaluate_run(folder, load_dataset(data or recipe.data, root), write=data is None)
    if as_json:
        click.echo(json.dumps(report))
    else:
        Console().print(report_table(report))
