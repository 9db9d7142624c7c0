"""Rows that ask, where a file says of none that they do."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from ..errors import DataError
from .items import Items
from .overlap import row_numbers
from .pairs import Pairs

__all__ = ["with_queries"]

AnyItems = TypeVar("AnyItems", bound=Items)

_SHARE, _MOST = 10, 1000  # one item in ten, at most so many


def with_queries(items: AnyItems) -> tuple[AnyItems, AnyItems]:
    """Divide items into those to train on and those that ask: one in ten, at most 1,000, by a fixed draw.

    Items equal in every view stand on one side; of pairs of image and text, those of one image do. An item that lacks a
    side does not ask.

    Args:
        items: N of them; at least two differ.

    Returns:
        The rest, called ``train``, and those that ask, called ``query``, in their order.

    Raises:
        DataError: all are equal.
    """
    complete = np.asarray(items.complete_rows)
    compared = [items.views["image"]] if isinstance(items, Pairs) else list(items.views.values())
    groups = np.stack([row_numbers(rows)[complete] for rows in compared], axis=1)
    of_row = np.unique(groups, axis=0, return_inverse=True)[1].reshape(-1)
    n_groups = int(of_row.max(initial=-1)) + 1
    if n_groups < 2:
        raise DataError(
            f"{items.array_name(items.names[0])} must hold two different rows, one to ask with, got {n_groups}"
        )
    wanted = min(_MOST, max(1, len(complete) // _SHARE))
    counts = np.bincount(of_row)
    order = np.random.default_rng(0).permutation(n_groups)
    chosen = order[: min(n_groups - 1, max(1, int(np.searchsorted(counts[order].cumsum(), wanted, "right"))))]
    asks = np.zeros(len(items), dtype=np.bool_)
    asks[complete[np.isin(of_row, chosen)]] = True
    return items.take(~asks, split="train"), items.take(asks, split="query").complete()
