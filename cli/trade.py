"""``ucch search --benchmark``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ucch.codes import PackedCodes
    from ucch.retrieval import BinaryIndex

__all__ = ["show_trade"]


def show_trade(
    index: BinaryIndex, queries: PackedCodes, real: Any, items: Path | None, out: Path, *, k: int, as_json: bool
) -> None:
    """Measure an index beside other ways of as many bytes, draw it, and print a line for each way.

    Args:
        index: its rows in the order of ``items``.
        queries: their codes.
        real: their features.
        items: the file of the items' features.
        out: the picture; must not be there.
        k: items asked for.
        as_json: print one JSON object instead.
    """
    from ucch.errors import DataError
    from ucch.retrieval.code_files import read_matrix
    from ucch.retrieval.trade import draw_trade, measure_trade

    if real is None or items is None:
        raise click.UsageError("--benchmark needs --codes and --features of the queries and --item-features")
    if out.exists():
        raise DataError(f"{out} exists; choose another name")
    points = measure_trade(index.codes_of(index.ids), queries, index.n_bits, read_matrix(items), real, k=k)
    draw_trade(points, out)
    if as_json:
        click.echo(json.dumps({"k": k, "ways": [asdict(point) for point in points]}))
        return
    for point in points:
        click.echo(f"{point.name:28}{point.bytes:8.0f} bytes {point.milliseconds:10.3f} ms  recall {point.recall:.3f}")
