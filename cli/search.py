"""``ucch search``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from rich.console import Console

from .grouped import GroupedCommand
from .left_out import show_left_out
from .nearest import Choice
from .options import code_format_option, debug_option
from .paths import InputPath, OutputPath

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ucch.data.left_out import LeftOut
    from ucch.retrieval import BinaryIndex, Hits
    from ucch.retrieval.rows import Ids

__all__ = ["command", "read_queries", "show_hits"]

_GROUPS = {
    "What to search for": ("text", "image", "codes", "code_format", "asks", "k", "only"),
    "In what order": ("features", "real_query", "candidates"),
    "By what run": ("run", "image_encoder", "text_encoder"),
    "Measure the index": ("benchmark", "item_features"),
    "Where to": ("as_json",),
}


@click.command("search", cls=GroupedCommand, groups=_GROUPS)
@click.argument("index", metavar="INDEX", type=InputPath(dir_okay=False))
@click.option("--text", metavar="WORDS", help="Words to search for.")
@click.option("--image", metavar="FILE", type=InputPath(dir_okay=False), help="A picture to search with.")
@click.option(
    "--codes",
    metavar="FILE.npy",
    type=InputPath(dir_okay=False),
    help="Codes, a row per query; with --real-query outputs.",
)
@code_format_option
@click.option("--asks", type=Choice(["image", "text"]), help="What --codes are codes of, for a probability.")
@click.option("-k", "k", type=click.IntRange(1), default=10, show_default=True, help="Items wanted for each query.")
@click.option("--only", metavar="FILE", type=InputPath(dir_okay=False), help="Answer with these ids alone.")
@click.option("--run", metavar="RUN", type=InputPath(file_okay=False), help="Where the run of the codes is now.")
@click.option("--image-encoder", metavar="NAME[:ARG]", help="Where the run's image encoder is now.")
@click.option("--text-encoder", metavar="NAME[:ARG]", help="Where the run's text encoder is now.")
@click.option("--features", metavar="FILE.npy", type=InputPath(dir_okay=False), help="Of the queries, to re-rank by.")
@click.option("--real-query", is_flag=True, help="Do not round the query: better order at the same bytes.")
@click.option("--candidates", type=click.IntRange(1), help="Items re-ranked.  [default: 100, of real queries 200]")
@click.option("--benchmark", metavar="OUT.png", type=OutputPath(dir_okay=False), help="Draw recall, time and bytes.")
@click.option("--item-features", metavar="FILE.npy", type=InputPath(dir_okay=False), help="Of items, for --benchmark.")
@click.option("--json", "as_json", is_flag=True, help="Print ids and distances as one JSON object.")
@debug_option
def command(
    index: Path,
    k: int,
    asks: str | None,
    only: Path | None,
    features: Path | None,
    real_query: bool,
    candidates: int | None,
    benchmark: Path | None,
    item_features: Path | None,
    as_json: bool,
    **query: Any,
) -> None:
    """Search an index that ucch index made: the k nearest items of each query, with the bits that differ.

    Words and pictures are encoded by the run that the index was made by, with the encoders it remembers; --text and
    --image together are one query, the mean of both. With
    --features the best --candidates are put in order by the features that the index keeps. With --real-query the
    query is not rounded to a code: a flat index compares it with every code, the others with --candidates; distances
    are 1 - cosine then. Of an index whose run is calibrated each hit has the probability of being the query's partner,
    and matches likely or weakly (docs/calibration.md). --benchmark measures the
    index beside exact float search, plain sign codes, PQ and OPQ of equal bytes.

    \b
    ucch search photos.index --text "a dog on the beach" -k 5
    ucch search photos.index --text "a dog on the beach" --real-query
    ucch search photos.index --image dog.jpg --text "on the beach"
    ucch search photos.index --codes queries.npy --json
    ucch search photos.index --codes q.npy --features qf.npy --benchmark trade.png --item-features f.npy
    """
    from ucch.codes import sign
    from ucch.retrieval import BinaryIndex
    from ucch.retrieval.code_files import read_ids, read_matrix

    from .trade import show_trade

    opened = BinaryIndex.load(index)
    if query["run"] is None and query["codes"] is None:
        query["run"] = Path(opened.source) if opened.source else None
    if real_query and (features is not None or benchmark is not None):
        raise click.UsageError("--real-query orders items by their codes; leave out --features and --benchmark")
    # of an index of first bits the run's codes and outputs are longer than its own
    whole = opened.features_kind == "codes" and (query["codes"] is None or real_query)
    real_form: Literal["outputs", "queries"] | None = "outputs" if whole else "queries" if real_query else None
    queries, names, digest = read_queries(**query, n_bits=opened.n_bits, real=real_form)
    if whole and not real_query:
        queries = sign(queries)
    if digest is not None and opened.model:
        opened = BinaryIndex.load(index, model=digest)
    real = None if features is None else read_matrix(features)
    if benchmark is not None:
        show_trade(opened, queries, real, item_features, benchmark, k=k, as_json=as_json)
        return
    ids, left_out = (None, None) if only is None else _known(opened, only, read_ids(only))
    if whole and real is None:
        hits = opened.search_first_bits(queries, k, candidates=candidates and max(k, candidates), only=ids)
    elif real_query:
        hits = opened.search_real(queries, k, candidates=None if candidates is None else max(k, candidates), only=ids)
    elif real is None:
        hits = opened.search(queries, k, only=ids)
    else:
        hits = opened.search_reranked(queries, real, k, candidates=max(k, candidates or 100), only=ids)
    if asks is None and (query["text"] is None) != (query["image"] is None):  # of both together no partner is known
        asks = "image" if query["text"] is None else "text"
    if asks is not None and real is None and not whole:
        hits = opened.judged(hits, queries, asks=asks, real=real_query)
    show_hits(hits, names, as_json=as_json, left_out=left_out)


def _known(opened: BinaryIndex, only: Path, ids: Ids) -> tuple[Ids, LeftOut]:
    """The ids that answers are taken from, and those that the index has not, which are said.

    Raises:
        DataError: the index has none of them, so that there is no answer.
    """
    from ucch.data.left_out import LeftOut
    from ucch.errors import DataError

    left_out = LeftOut()
    for name in opened.missing(ids).tolist():
        left_out.add("ids of --only that the index has not", str(name))
    if sum(count for count, _ in left_out.values()) == len(ids):
        said = left_out.sentence() or "it holds no id"
        raise DataError(f"--only {only} leaves nothing to answer with: {said}")
    show_left_out(Console(stderr=True), left_out)
    return ids, left_out


def read_queries(
    *,
    text: str | None,
    image: Path | None,
    codes: Path | None,
    run: Path | None,
    n_bits: int | None = None,
    code_format: str = "auto",
    real: Literal["outputs", "queries"] | None = None,
    **encoders: str | None,
) -> tuple[npt.NDArray[Any], Ids | None, str | None]:
    """Codes to search for, names of the queries or None, and the digest of the model that encoded them, if one did.

    Codes of a file are those of ``n_bits`` bits, in any form. With ``real`` they are not rounded: outputs of the model,
    or the real queries that it makes of them, or whichever are in a file.
    """
    from ucch.codes import pack, sign
    from ucch.errors import DataError
    from ucch.retrieval.code_files import read_codes, read_matrix

    if (codes is None) == (text is None and image is None):
        raise click.UsageError("name what to search for with --text, --image or both, or with --codes")
    if codes is not None and real:
        return read_matrix(codes), None, None
    if codes is not None:
        packed, _, names = read_codes(codes, n_bits=n_bits, code_format=code_format, what="queries")
        return packed, names, None
    if run is None:
        raise click.UsageError("words and pictures are encoded by the run that made the codes; name it with --run")
    from ucch.serving import QueryEncoder

    from .extraction_options import import_from_here

    import_from_here()
    encoder = QueryEncoder(run, **encoders)

    def asked(outputs: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        return outputs if real == "outputs" else encoder.as_queries(outputs) if real else pack(sign(outputs))

    if image is None:
        assert text is not None
        return asked(encoder.real_text(text)), [text], encoder.digest
    try:
        content = image.read_bytes()
    except OSError as error:
        raise DataError(f"{image} cannot be read: {error.strerror}") from error
    if text is None:
        return asked(encoder.real_image(content)), [str(image)], encoder.digest
    return asked(encoder.real_item(content, text)), [f"{image}, {text}"], encoder.digest


def show_hits(hits: Hits, names: Ids | None, *, as_json: bool, left_out: LeftOut | None = None) -> None:
    """Print JSON, or a line per hit: query, rank, distance, id, and of a calibrated index probability and match."""
    answer = hits.to_json()
    if as_json:
        click.echo(json.dumps(answer if left_out is None else {**answer, "left_out": left_out.to_json()}))
        return
    for query, found in enumerate(answer["queries"]):
        title = query if names is None else names[query]
        for rank, hit in enumerate(found["hits"], start=1):
            columns = [title, rank, hit["distance"], hit["id"]]
            if "match" in hit:
                columns += [f"{hit['probability']:.3f}", hit["match"]]
            click.echo("\t".join(map(str, columns)))
