"""The level that a code has to beat."""

from __future__ import annotations

from .average_precision import average_precision, mean_over_queries
from .histograms import DistanceHistograms
from .protocol import PROTOCOLS, Protocol

__all__ = ["chance_map"]


def chance_map(histograms: DistanceHistograms, protocol: Protocol = PROTOCOLS["ucch"]) -> float:
    """Compute the MAP that a database in random order has in expectation, under the protocol of the MAP beside it.

    A random order is what a ranking of one single tie is in expectation, so this is
    :func:`~ucch.metrics.average_precision` of each query with all items at one distance, and as exact: it follows
    cutoff, denominator and the queries that count. Over the whole ranking a query with R of M items relevant has
    ``[H_M + (R-1)(M - H_M)/(M-1)] / M``, H_M = 1 + 1/2 + ... + 1/M, which is a little more than its relevance rate
    R/M, for its first relevant item raises its own precision.

    Args:
        histograms: counts of Q queries; only their totals matter.
        protocol: of the MAP; its ``ties`` do not matter, since a random order has none. MAP@ALL by default.

    Returns:
        Chance in [0, 1]; NaN where no query counts. O(Q), and O(Q cutoff) more with ``retrieved`` and a cutoff.

    Example:
        >>> import numpy as np
        >>> one_in_ten = DistanceHistograms(np.array([[10]]), np.array([[1]]))
        >>> round(chance_map(one_in_ten), 4), chance_map(one_in_ten, Protocol(cutoff=1))
        (0.2929, 0.1)
    """
    values = average_precision(
        histograms.without_distances(),
        cutoff=protocol.cutoff,
        denominator=protocol.denominator,
        no_relevant=protocol.no_relevant,
    )
    return mean_over_queries(values)
