"""``ucch search``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from .options import debug_option

__all__ = ["command"]


@click.command("search")
@click.argument("index", metavar="INDEX", type=click.Path(path_type=Path))
@click.option("--codes", metavar="FILE.npy", type=click.Path(path_type=Path), help="Packed codes, a row per query.")
@click.option("-k", "k", type=click.IntRange(1), default=10, show_default=True, help="Items wanted for each query.")
@click.option("--only", metavar="FILE", type=click.Path(path_type=Path), help="Answer with these ids alone.")
@click.option("--json", "as_json", is_flag=True, help="Print ids and distances as one JSON object.")
@debug_option
def command(index: Path, codes: Path | None, k: int, only: Path | None, as_json: bool) -> None:
    """Search an index that ucch index made: the k nearest items of each query, with the bits that differ.

    \b
    ucch search photos.index --codes queries.npy -k 5 --json
    """
    from ucch.retrieval import BinaryIndex
    from ucch.retrieval.code_files import read_codes, read_ids

    if codes is None:
        raise click.UsageError("name what to search for with --codes")
    opened = BinaryIndex.load(index)
    queries, names = read_codes(codes)
    hits = opened.search(queries, k, only=None if only is None else read_ids(only))
    if as_json:
        click.echo(json.dumps(hits.to_json()))
        return
    _show(hits, names)


def _show(hits: Any, names: Any) -> None:
    """A line per hit: query, rank, distance, id."""
    for query, (ids, distances) in enumerate(hits):
        title = names[query] if names is not None else query
        for rank, (item, distance) in enumerate(zip(ids.tolist(), distances.tolist(), strict=True), start=1):
            click.echo(f"{title}\t{rank}\t{distance}\t{item}")
