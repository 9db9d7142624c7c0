"""Average precision with equally distant items in database order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .._checks import one_of
from ..codes import PackedCodes
from ._counting import TileCounter, tiles
from ._cut import check_cutoff
from .average_precision import Denominator, NoRelevant
from .histograms import DistanceHistograms, QuerySide

__all__ = ["stable_average_precision"]


def stable_average_precision(
    query_codes: PackedCodes,
    database_codes: PackedCodes,
    query_labels: npt.ArrayLike,
    database_labels: npt.ArrayLike,
    n_bits: int,
    *,
    cutoff: int | None = None,
    denominator: Denominator = "relevant",
    no_relevant: NoRelevant = "skip",
) -> npt.NDArray[np.float64]:
    """Compute the average precision of each query, ties in database order, as a stable argsort ranks.

    Counts per distance do not say which of the tied items come first, so this reads the codes twice: once for the
    histograms, which tell where each distance begins in the ranking, and once in database order to place every
    relevant item: ``rank = 1 + #{nearer} + #{as near, earlier in the database}``. The value depends on the order of
    the database, which the expectation over orders does not; use it to repeat a published number.

    Args:
        query_codes, database_codes, query_labels, database_labels, n_bits: as
            :func:`~ucch.metrics.distance_histograms`.
        cutoff, denominator, no_relevant: as :func:`~ucch.metrics.average_precision`.

    Returns:
        float64 (Q,). Cost: O(Q M) and a sort of each tile; memory as for the histograms.

    Raises:
        TypeError, ValueError: as both functions named.
    """
    check_cutoff(cutoff)
    one_of("denominator", denominator, ("relevant", "retrieved"))
    one_of("no_relevant", no_relevant, ("skip", "zero"))
    queries = QuerySide(query_codes, query_labels, n_bits)
    table = queries.empty_table()
    queries.count(table, database_codes, database_labels)
    histograms = DistanceHistograms.from_table(table, graded=False)
    places = _Places(histograms, cutoff)
    for words, labels in queries.blocks(database_codes, database_labels):
        counter = TileCounter(n_bits + 1, 2)
        for tile, items in tiles(histograms.n_queries, words.shape[1]):
            distance = counter.distances(queries.words[:, tile], words[:, items])
            places.add(tile, distance, counter.relevant(queries.labels[tile], labels[items]))
    n_relevant = histograms.n_relevant
    divisor = n_relevant if denominator == "relevant" else places.found
    value = places.precision_sum / np.maximum(divisor, 1)
    value[n_relevant == 0] = np.nan if no_relevant == "skip" else 0.0
    return np.asarray(value)


class _Places:
    """Where each distance goes on in every query's ranking, and the precisions summed so far."""

    def __init__(self, histograms: DistanceHistograms, cutoff: int | None) -> None:
        self._items = histograms.counts.cumsum(axis=1) - histograms.counts
        self._relevant = histograms.relevant.cumsum(axis=1) - histograms.relevant
        self._cutoff = histograms.n_items if cutoff is None else cutoff
        self.precision_sum = np.zeros(histograms.n_queries)
        self.found = np.zeros(histograms.n_queries, np.int64)

    def add(self, tile: slice, distance: npt.NDArray[Any], relevant: npt.NDArray[np.bool_]) -> None:
        """Place the next items of the database for the queries of ``tile``; both arrays (q, m)."""
        for offset, query in enumerate(range(tile.start, tile.stop)):
            order = distance[offset].argsort(kind="stable")
            near, hit = distance[offset][order], relevant[offset][order]
            rank = _continue(self._items[query], near)
            relevant_rank = _continue(self._relevant[query], near[hit])
            rank = rank[hit]
            within = rank <= self._cutoff
            self.precision_sum[query] += (relevant_rank[within] / rank[within]).sum()
            self.found[query] += int(within.sum())


def _continue(used: npt.NDArray[np.int64], sorted_distance: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the rank of each item, from 1, where ``used[d]`` ranks are taken before it; take them in ``used``."""
    counts = np.bincount(sorted_distance, minlength=len(used))
    first = counts.cumsum() - counts  # place of the first item of each distance
    rank: npt.NDArray[np.int64] = (
        used[sorted_distance] + np.arange(1, len(sorted_distance) + 1) - first[sorted_distance]
    )
    used += counts
    return rank
