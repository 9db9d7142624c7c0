"""Precision and recall among the first N items, from counts per distance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._checks import positive_int
from ._cut import Ties, check_ties, cut_at
from .histograms import DistanceHistograms

__all__ = ["precision_at", "recall_at", "relevant_within"]


def relevant_within(histograms: DistanceHistograms, n: int, *, ties: Ties = "expected") -> npt.NDArray[np.float64]:
    """Count the relevant items among the first ``n`` of each query.

    All relevant items at smaller distances than that of rank n, and of the group that rank n splits its share:
    ``R + m r / t`` with m of its t items kept, r of the t relevant.

    Args:
        histograms: counts of Q queries.
        n: length of the list, at least 1; beyond M the list is the whole database.
        ties: ``expected`` (default) is the mean over the orders of tied items; ``optimistic`` and ``pessimistic``
            the most and the fewest.

    Returns:
        float64 (Q,). Cost: O(Q D).

    Raises:
        TypeError: ``n`` is not an int.
        ValueError: ``n`` is below 1 or ``ties`` is none of the three.
    """
    positive_int("n", n)
    check_ties(ties)
    cut = cut_at(histograms, n)
    return np.asarray(cut.relevant_before + cut.relevant_kept(ties))


def precision_at(histograms: DistanceHistograms, n: int, *, ties: Ties = "expected") -> npt.NDArray[np.float64]:
    """Compute the share of relevant items among the first ``n``, for each query.

    ``precision = relevant within n / n``: the divisor is ``n`` also where the database holds fewer items. Queries
    without relevant items score 0; none is skipped.

    Args, Raises and cost: as :func:`relevant_within`.

    Returns:
        float64 (Q,) in [0, 1].

    Example:
        >>> tied = DistanceHistograms(np.array([[1, 4]]), np.array([[1, 2]]))
        >>> precision_at(tied, 3)  # the first, then two of four tied items that are relevant half the time
        array([0.66666667])
    """
    return relevant_within(histograms, n, ties=ties) / n


def recall_at(histograms: DistanceHistograms, n: int, *, ties: Ties = "expected") -> npt.NDArray[np.float64]:
    """Compute the share of a query's relevant items that stand among the first ``n``.

    ``recall = relevant within n / R_q``; NaN where R_q = 0, so that
    :func:`~ucch.metrics.mean_over_queries` leaves that query out.

    Args, Raises and cost: as :func:`relevant_within`.

    Returns:
        float64 (Q,) in [0, 1], or NaN.
    """
    within = relevant_within(histograms, n, ties=ties)
    n_relevant = histograms.n_relevant
    return np.where(n_relevant > 0, within / np.maximum(n_relevant, 1), np.nan)
