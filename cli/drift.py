"""``ucch data drift``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .options import debug_option
from .paths import InputName, InputPath

__all__ = ["command"]


@click.command("drift")
@click.argument("run", type=InputPath(file_okay=False))
@click.option("--data", required=True, type=InputName(), metavar="NAME|FILE", help="The pairs that came later.")
@click.option(
    "--replay",
    type=InputName(),
    metavar="NAME|FILE",
    help="Pairs and queries the run was trained with, where they are now.  [default: the run's own data]",
)
@click.option(
    "--data-root", metavar="DIR", type=InputPath(file_okay=False), help="Folder of the files of a published set."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@debug_option
def command(run: Path, data: str, replay: str | None, data_root: Path | None, as_json: bool) -> None:
    """Say whether new pairs are of the kind that RUN was trained on, or training on all of them again would pay.

    No labels are read and nothing is trained: the training rows of --data, and the queries that the run was trained
    without, look for their neighbours and partners among the run's training pairs, by features and by codes
    (docs/growing.md).

    \b
    ucch data drift runs/mine --data more.npz
    """
    from ucch.data import as_pairs, load_dataset
    from ucch.errors import DataError
    from ucch.runs import RunFolder
    from ucch.training.growing import measured_drift, run_dataset

    folder = RunFolder.open(run)
    model, recipe = folder.model(), folder.recipe()
    root = None if data_root is None else str(data_root)
    earlier = run_dataset(recipe, replay, root)
    new = load_dataset(data, root or recipe.data_root, one_sided=recipe.pairs.one_sided)
    try:
        train, asks = (as_pairs(items, "a drift check") for items in (earlier.train, earlier.query))
        drift = measured_drift(model, train, asks, new.train)
    except ValueError as error:
        raise DataError(f"{data}: {error}") from error
    click.echo(json.dumps({"run": str(run), "data": new.name, **drift.as_dict()}) if as_json else str(drift))
