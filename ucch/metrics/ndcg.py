"""Graded relevance: normalized discounted cumulative gain at N, exact under ties."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._checks import positive_int
from ._cut import Ties, check_ties
from .histograms import DistanceHistograms

__all__ = ["ndcg_at"]


def ndcg_at(histograms: DistanceHistograms, n: int, *, ties: Ties = "expected") -> npt.NDArray[np.float64]:
    r"""Compute NDCG among the first ``n`` of each query, the gain of an item growing with the labels it shares.

    ``DCG = sum_{j <= n} (2^g_j - 1) / log2(j + 1)``, divided by that of the best order of the whole database.
    A tied item stands at every place of its group alike, so in expectation each place gains the group's mean.

    Args:
        histograms: counts with ``gains`` (``distance_histograms(..., graded=True)``).
        n: length of the list, at least 1.
        ties: ``expected`` (default); ``optimistic`` and ``pessimistic`` order each group by gain, downward or upward.

    Returns:
        float64 (Q,) in [0, 1]; NaN where nothing in the database is relevant.
        Cost: O(Q D G), G the most labels of a query.

    Raises:
        TypeError: ``n`` is not an int.
        ValueError: the histograms hold no gains, ``n`` is below 1, or ``ties`` is none of the three.

    Reference:
        K. Järvelin, J. Kekäläinen. Cumulated Gain-Based Evaluation of IR Techniques. ACM TOIS 2002; the exponential
        gain as in C. Burges et al. Learning to Rank using Gradient Descent. ICML 2005.
    """
    positive_int("n", n)
    check_ties(ties)
    gains = histograms.gains
    if gains is None:
        raise ValueError("histograms must hold gains for NDCG; count them with graded=True")
    value = np.exp2(np.arange(gains.shape[2])) - 1  # (G+1,)
    discounts = np.concatenate(([0.0], np.cumsum(1 / np.log2(np.arange(min(n, histograms.n_items)) + 2))))
    if ties == "expected":
        items = histograms.counts
        mean = (gains @ value) / np.maximum(items, 1)
    else:
        step = -1 if ties == "optimistic" else 1
        items = gains[:, :, ::step].reshape(len(gains), -1)  # places in order of distance, then of gain
        mean = np.tile(value[::step], gains.shape[1])
    best = _discounted(gains.sum(axis=1)[:, ::-1], value[::-1], discounts)
    reached = _discounted(items, mean, discounts)
    return np.where(best > 0, reached / np.where(best > 0, best, 1.0), np.nan)


def _discounted(
    items: npt.NDArray[np.int64], gain: npt.NDArray[np.float64], discounts: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Sum gain x discount over consecutive groups of ``items`` places that gain alike, (Q,)."""
    ends = np.minimum(items.cumsum(axis=1), len(discounts) - 1)
    weight = np.diff(discounts[ends], axis=1, prepend=0.0)  # of the places of each group
    return np.asarray((weight * gain).sum(axis=1))
