"""``ucch data``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from .audit import command as audit
from .drift import command as drift
from .nearest import NamingGroup
from .options import debug_option
from .paths import InputPath

if TYPE_CHECKING:
    from ucch.data import DatasetEntry

__all__ = ["command"]

_root_option = click.option("--data-root", metavar="DIR", type=InputPath(file_okay=False), help="Folder of the files.")
_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group("data", cls=NamingGroup)
def command() -> None:
    """Look at the data sets that are known by name.

    \b
    ucch data check mirflickr25k --data-root data/MIRFLICKR25K
    """


@command.command("list")
@_json_option
@debug_option
def list_sets(as_json: bool) -> None:
    """List the data sets.

    \b
    ucch data list
    """
    from ucch.data import DATASETS

    if as_json:
        click.echo(json.dumps({name: _facts(entry) for name, entry in DATASETS.items()}))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, side in (("name", "left"), ("train", "right"), ("queries", "right"), ("", "left")):
        table.add_column(heading, justify=side, no_wrap=heading != "")  # type: ignore[arg-type]
    for name, entry in DATASETS.items():
        table.add_row(name, f"{entry.n_train:,}", f"{entry.n_query:,}", entry.summary)
    Console().print(table)


@command.command("info")
@click.argument("name")
@_json_option
@debug_option
def info(name: str, as_json: bool) -> None:
    """Say what the data set NAME is, which files it is read from, and where they come from.

    \b
    ucch data info mirflickr25k
    """
    from ucch.data import dataset_entry

    facts = _facts(dataset_entry(name))
    if as_json:
        click.echo(json.dumps(facts))
        return
    files = facts.pop("files")
    for key, value in facts.items():
        click.echo(f"{key:<10} {value}")
    for file in files:
        click.echo(f"{'file':<10} {file['file']}: {file['holds']}")


@command.command("check")
@click.argument("name", metavar="NAME|FILE")
@_root_option
@_json_option
@debug_option
@click.pass_context
def check(ctx: click.Context, name: str, data_root: Path | None, as_json: bool) -> None:
    """Read the data set NAME, or a FILE of your own, and name what is wrong with it; exit 1 if anything is.

    Of a published set everything that is wrong with its files is named; of a file what ucch train would refuse first.

    \b
    ucch data check mirflickr25k --data-root data/MIRFLICKR25K
    ucch data check features.npz
    """
    from ucch.data import DATASETS, dataset_entry, dataset_problems

    if name not in DATASETS and Path(name).exists():
        ctx.exit(_check_file(name, as_json))
    entry = dataset_entry(name)
    problems = dataset_problems(entry, _root(entry, data_root))
    if as_json:
        click.echo(json.dumps({"name": entry.name, "problems": problems}))
    elif problems:
        click.echo("\n".join(problems))
    else:
        click.echo(f"{entry.name} is as published: {entry.n_train:,} to train on, {entry.n_query:,} queries")
    ctx.exit(1 if problems else 0)


def _check_file(name: str, as_json: bool) -> int:
    """Say what a file holds, or what is wrong with it; the exit code."""
    from ucch.data import file_problems

    dataset, problems = file_problems(name)
    facts: dict[str, Any] = {"name": name, "problems": problems}
    if dataset is not None:
        facts |= {
            "train": len(dataset.train),
            "query": len(dataset.query),
            "database": None if dataset.database_is_train else len(dataset.database),
            "views": {view: int(rows.shape[1]) for view, rows in dataset.train.views.items()},
            "classes": dataset.n_classes,
        }
    if as_json:
        click.echo(json.dumps(facts))
    elif problems:
        click.echo("\n".join(problems))
    else:
        views = " and ".join(f"{view} ({width:,} values)" for view, width in facts["views"].items())
        answer = "" if facts["database"] is None else f", {facts['database']:,} answer"
        labels = f"; labels of {facts['classes']} classes" if facts["classes"] else "; no labels"
        click.echo(f"{name}: {facts['train']:,} items of {views} train, {facts['query']:,} ask{answer}{labels}")
    return 1 if problems else 0


@command.command("convert")
@click.argument("name")
@_root_option
@debug_option
def convert(name: str, data_root: Path | None) -> None:
    """Write the features of the data set NAME as .npy files beside the published ones, to be memory-mapped.

    Worth it for sets that do not fit into memory; every later use finds the copies by itself.

    \b
    ucch data convert nus-wide-tc10 --data-root data/NUS-WIDE-TC10
    """
    from ucch.data import convert_dataset, dataset_entry

    entry = dataset_entry(name)
    written = convert_dataset(entry, _root(entry, data_root))
    click.echo("\n".join(map(str, written)) or "nothing to do: every matrix is memory-mapped already")


command.add_command(audit)
command.add_command(drift)


def _root(entry: DatasetEntry, data_root: Path | None) -> Path:
    if data_root is None and not entry.built_in:
        raise click.UsageError(f"{entry.name} is read from its published files; name their folder with --data-root")
    return data_root or Path()


def _facts(entry: DatasetEntry) -> dict[str, Any]:
    matrices = [{"file": spec.file, "holds": f"{spec.key} ({spec.rows}, {spec.columns})"} for spec in entry.arrays]
    others = [{"file": file, "holds": holds} for file, holds in entry.other_files]
    raw = [{"file": file, "holds": f"{key}, the pictures (optional)"} for file, key in filter(None, [entry.raw_images])]
    return {
        "name": entry.name,
        "summary": entry.summary,
        "image": entry.image,
        "text": entry.text,
        "train": entry.n_train,
        "queries": entry.n_query,
        "classes": entry.n_classes,
        "source": entry.source,
        "licence": entry.licence,
        "reference": entry.reference,
        "files": [*matrices, *others, *raw],
    }
