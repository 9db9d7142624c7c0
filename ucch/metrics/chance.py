"""The level that a code has to beat."""

from __future__ import annotations

import numpy as np

from .average_precision import mean_over_queries
from .histograms import DistanceHistograms

__all__ = ["chance_map"]


def chance_map(histograms: DistanceHistograms) -> float:
    """Average the relevance rate ``R_q / M`` over the queries that have a relevant item.

    The rate is the precision of a random ranking at every rank, and what its MAP@ALL tends to in a large database.
    The exact expectation of a random ranking's AP is a little higher,
    ``[H_M + (R-1)(M - H_M)/(M-1)] / M`` with H_M = 1 + 1/2 + ... + 1/M, for its first relevant item raises its own
    precision; :func:`~ucch.metrics.average_precision` gives it for histograms with all items at one distance.

    Returns:
        Chance in [0, 1]; NaN where no query has a relevant item.
    """
    n_relevant = histograms.n_relevant
    return mean_over_queries(np.where(n_relevant > 0, n_relevant / histograms.n_items, np.nan))
