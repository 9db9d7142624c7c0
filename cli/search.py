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
@click.option("--text", metavar="WORDS", help="Words to search for.")
@click.option("--image", metavar="FILE", type=click.Path(path_type=Path), help="A picture to search with.")
@click.option("--codes", metavar="FILE.npy", type=click.Path(path_type=Path), help="Packed codes, a row per query.")
@click.option("-k", "k", type=click.IntRange(1), default=10, show_default=True, help="Items wanted for each query.")
@click.option("--only", metavar="FILE", type=click.Path(path_type=Path), help="Answer with these ids alone.")
@click.option("--run", metavar="RUN", type=click.Path(path_type=Path), help="Where the run of the codes is now.")
@click.option("--image-encoder", metavar="NAME[:ARG]", help="Where the run's image encoder is now.")
@click.option("--text-encoder", metavar="NAME[:ARG]", help="Where the run's text encoder is now.")
@click.option("--json", "as_json", is_flag=True, help="Print ids and distances as one JSON object.")
@debug_option
def command(
    index: Path,
    text: str | None,
    image: Path | None,
    codes: Path | None,
    k: int,
    only: Path | None,
    as_json: bool,
    **run: Any,
) -> None:
    """Search an index that ucch index made: the k nearest items of each query, with the bits that differ.

    Words and pictures are encoded by the run that the index was made by, with the encoders it remembers.

    \b
    ucch search photos.index --text "a dog on the beach" -k 5
    ucch search photos.index --codes queries.npy --json
    """
    from ucch.retrieval import BinaryIndex
    from ucch.retrieval.code_files import read_codes, read_ids

    if [text, image, codes].count(None) != 2:
        raise click.UsageError("name what to search for with one of --text, --image and --codes")
    if codes is not None:
        opened, (queries, names) = BinaryIndex.load(index), read_codes(codes)
    else:
        opened, queries = _encoded(index, text, image, **run)
        names = [text if text is not None else str(image)]
    hits = opened.search(queries, k, only=None if only is None else read_ids(only))
    if as_json:
        click.echo(json.dumps(hits.to_json()))
        return
    for query, (ids, distances) in enumerate(hits):
        title = names[query] if names is not None else query
        for rank, (item, distance) in enumerate(zip(ids.tolist(), distances.tolist(), strict=True), start=1):
            click.echo(f"{title}\t{rank}\t{distance}\t{item}")


def _encoded(index: Path, text: str | None, image: Path | None, *, run: Path | None, **encoders: str | None) -> Any:
    from ucch.errors import DataError
    from ucch.retrieval import BinaryIndex
    from ucch.serving import QueryEncoder

    from .extraction_options import import_from_here

    source = run or BinaryIndex.load(index).source
    if not source:
        raise click.UsageError(f"{index} was made from bare codes; name the run that encodes queries with --run")
    import_from_here()
    encoder = QueryEncoder(Path(source), **encoders)
    opened = encoder.open_index(index)
    if text is not None:
        return opened, encoder.text(text)
    try:
        content = Path(image or "").read_bytes()
    except OSError as error:
        raise DataError(f"{image} cannot be read: {error.strerror}") from error
    return opened, encoder.image(content)
