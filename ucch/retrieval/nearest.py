"""The k nearest rows of a query, with every tie at the last distance seen, whatever is filtered out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes
from .flat import Flat
from .hits import Hits, cut_to
from .rows import Rows

__all__ = ["nearest"]

_Answer = tuple[npt.NDArray[Any], npt.NDArray[Any]]
SUBSET = 10  # filters that leave less than one row in so many are answered by comparing with just those rows


class Search(Protocol):
    """Whatever finds the ``k`` nearest rows of each query, nearest first, -1 where there are fewer."""

    def search(self, queries: Any, k: int) -> _Answer: ...


def nearest(
    engine: Search,
    rows: Rows,
    queries: npt.NDArray[Any],
    k: int,
    only: npt.NDArray[np.int64] | None = None,
    *,
    exact: Callable[[PackedCodes], Search] = Flat,
) -> Hits:
    """Find the ``k`` nearest rows that are alive and, if ``only`` is given, among those.

    Which of the items at the k-th distance make the cut must depend on their ids alone. So more than k are fetched, and
    again four times as many for the queries whose last item still ties with the k-th: then all items at that distance
    are known, and the smallest ids win. The same loop makes up for rows that are filtered out.

    Cost: one search for somewhat more than k, mostly; a filter that leaves few rows costs one exact pass over them, by
    what ``exact`` makes of their codes.

    Returns:
        Hits with stored ids.
    """
    if only is not None and len(only) * SUBSET < len(rows.ids):
        chosen = only if rows.alive is None else only[rows.alive[only]]
        rows = Rows(np.ascontiguousarray(rows.codes[chosen]), rows.ids[chosen])
        engine, only = exact(rows.codes), None
    allowed = rows.alive
    if only is not None:
        allowed = np.zeros(len(rows.ids), bool)
        allowed[only] = True if rows.alive is None else rows.alive[only]
    parts: list[_Answer] = [(rows.ids[:0], np.empty(0, np.int32))] * len(queries)
    waiting, fetch = np.arange(len(queries) if len(rows.ids) else 0), max(2 * k, k + 32)
    while len(waiting):
        fetch = min(fetch, len(rows.ids))
        distances, found = engine.search(np.ascontiguousarray(queries[waiting]), fetch)
        kept = found >= 0
        if allowed is not None:
            kept &= allowed[found]
        closed = _closed(distances, kept, found, k) | (fetch == len(rows.ids))
        answers = cut_to(rows.ids[found[closed]], distances[closed], kept[closed], k)
        for query, answer in zip(waiting[closed].tolist(), answers, strict=True):
            parts[query] = answer
        waiting, fetch = waiting[~closed], 4 * fetch
    starts = np.cumsum([0, *(len(ids) for ids, _ in parts)], dtype=np.int64)
    if not parts:
        return Hits(rows.ids[:0], np.empty(0, np.int32), starts)
    return Hits(np.concatenate([ids for ids, _ in parts]), np.concatenate([found for _, found in parts]), starts)


def _closed(
    distances: npt.NDArray[Any], kept: npt.NDArray[np.bool_], found: npt.NDArray[np.int64], k: int
) -> npt.NDArray[np.bool_]:
    """Whether nothing that was not fetched can belong to the answer: the engine ran dry, or went past the k-th."""
    enough = kept.sum(1) >= k
    kth = np.argmax(np.cumsum(kept, axis=1) >= k, axis=1)
    past = distances[:, -1] > np.take_along_axis(distances, kth[:, None], 1)[:, 0]
    closed: npt.NDArray[np.bool_] = (enough & past) | (found[:, -1] < 0)
    return closed
