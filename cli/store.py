"""``ucch store``."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .nearest import NamingGroup
from .options import code_format_option, debug_option
from .paths import InputPath

__all__ = ["command"]

_uri_option = click.option(
    "--uri",
    required=True,
    help="postgresql://... for PostgreSQL, http://host:19530 for Milvus, FILE.usearch for usearch;"
    " else a folder or s3://... for LanceDB.",
)
_name_option = click.option("--name", default="codes", show_default=True, help="Table of the store.")


@click.group("store", cls=NamingGroup)
def command() -> None:
    """Keep codes in an engine that grows: LanceDB, Milvus, PostgreSQL or usearch.

    \b
    ucch store push photos.index --uri stores/photos
    """


@command.command("push")
@click.argument("index", type=InputPath(dir_okay=False))
@_uri_option
@_name_option
@click.option(
    "--metadata", metavar="FILE.csv", type=InputPath(dir_okay=False), help="Column id, and others to filter by."
)
@click.option("--hnsw", is_flag=True, help="In PostgreSQL: make an HNSW index too, for --approximate.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@debug_option
def push(index: Path, uri: str, name: str, metadata: Path | None, hnsw: bool, as_json: bool) -> None:
    """Add the items of an index file to a store, replacing those whose id is there.

    \b
    ucch store push photos.index --uri http://127.0.0.1:19530 --metadata photos.csv
    """
    from ucch.retrieval import BinaryIndex
    from ucch.stores import PostgresStore, open_store
    from ucch.stores.address import is_postgres, shown

    if hnsw and not is_postgres(uri):
        raise click.UsageError(f"--hnsw is for postgresql://..., got --uri {shown(uri)}")
    opened = BinaryIndex.load(index)
    ids = opened.ids
    columns = None if metadata is None else _metadata(metadata, [str(one) for one in ids.tolist()])
    store = open_store(uri, name, n_bits=opened.n_bits, numbers=ids.dtype.kind == "i", model=opened.model)
    console = Console(stderr=True)
    columns_shown = (TextColumn("[bold]pushing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns_shown, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("items", total=len(ids))
        store.upsert(
            ids, opened.codes_of(ids), columns, on_progress=lambda done, total: bar.update(task, completed=done)
        )
    if hnsw and isinstance(store, PostgresStore):
        store.build_graph()
    summary = {"uri": shown(uri), "name": name, "pushed": len(ids), "items": store.count()}
    store.close()
    click.echo(json.dumps(summary) if as_json else f"{summary['pushed']} pushed, {summary['items']} in {name}")


@command.command("search")
@_uri_option
@_name_option
@click.option("--codes", metavar="FILE.npy", type=InputPath(dir_okay=False), help="Codes, a row per query.")
@code_format_option
@click.option("--text", metavar="WORDS", help="Words to search for; needs --run.")
@click.option("--image", metavar="FILE", type=InputPath(dir_okay=False), help="A picture to search with; needs --run.")
@click.option("--run", metavar="RUN", type=InputPath(file_okay=False), help="The run that encodes words and pictures.")
@click.option("--image-encoder", metavar="NAME[:ARG]", help="Where the run's image encoder is now.")
@click.option("--text-encoder", metavar="NAME[:ARG]", help="Where the run's text encoder is now.")
@click.option("-k", "k", type=click.IntRange(1), default=10, show_default=True, help="Items wanted for each query.")
@click.option("--where", metavar="COLUMN=VALUE", multiple=True, help="Only items with this value of their metadata.")
@click.option("--approximate", is_flag=True, help="Go by the graph of PostgreSQL or usearch: faster, may miss some.")
@click.option("--json", "as_json", is_flag=True, help="Print ids and distances as one JSON object.")
@debug_option
def search(uri: str, name: str, k: int, where: tuple[str, ...], approximate: bool, as_json: bool, **query: Any) -> None:
    """Search a store: the k nearest items of each query, with the bits that differ.

    \b
    ucch store search --uri stores/photos --codes queries.npy --where split=train
    ucch store search --uri postgresql://ann@db/photos --codes queries.npy --approximate
    """
    from ucch.stores import open_store

    from .search import read_queries, show_hits

    conditions: dict[str, list[str]] = {}
    for one in where:
        column, equals, value = one.partition("=")
        if not equals:
            raise click.UsageError(f"--where takes COLUMN=VALUE, got {one!r}")
        conditions.setdefault(column, []).append(value)
    n_bits = None
    if query["codes"] is not None:  # the form of codes in a file is told by the bits of the store
        opened = open_store(uri, name, exact=not approximate)
        n_bits = opened.n_bits
        opened.close()
    queries, names, digest = read_queries(**query, n_bits=n_bits)
    store = open_store(uri, name, model=digest, exact=not approximate)
    hits = store.search(queries, k, where=conditions)
    store.close()
    show_hits(hits, names, as_json=as_json)


def _metadata(path: Path, ids: list[str]) -> dict[str, list[str]]:
    from ucch.errors import DataError

    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    names = list(rows[0]) if rows else []
    if "id" not in names or len(names) < 2:
        raise DataError(f"{path} must have a column id and others to filter by, got {', '.join(names) or 'none'}")
    by_id = {row["id"]: row for row in rows}
    missing = next((one for one in ids if one not in by_id), None)
    if missing is not None:
        raise DataError(f"{path} has no row for id {missing!r}")
    return {name: [by_id[one][name] or "" for one in ids] for name in names if name != "id"}
