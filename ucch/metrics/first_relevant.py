"""Where the first relevant item stands: recall of the paired item, its rank and reciprocal rank.

For instance-level retrieval count histograms with item numbers as labels (``np.arange(Q)`` on both sides, or the
picture's number for each of its captions). With one relevant item per query the first relevant item is the pair.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .._checks import positive_int
from ._cut import Ties, check_ties, cut_at
from ._harmonic import harmonic_span
from .histograms import DistanceHistograms

__all__ = ["first_relevant_rank", "hit_rate_at", "reciprocal_rank"]


def hit_rate_at(histograms: DistanceHistograms, n: int, *, ties: Ties = "expected") -> npt.NDArray[np.float64]:
    """Compute the probability that the first ``n`` items hold a relevant one, for each query.

    This is the R@N of image-text retrieval. Of the tie group that rank n splits, m of t items are kept and r of the
    t are relevant: ``P = 1 - prod_{i<m} (1 - r/(t - i))``, with one pair m/t.

    Args:
        histograms: counts of Q queries.
        n: length of the list, at least 1.
        ties: ``expected`` (default) over the orders of tied items; ``optimistic`` and ``pessimistic`` answer
            whether some order, or every order, holds one.

    Returns:
        float64 (Q,) in [0, 1]; NaN where nothing in the database is relevant. Cost: O(Q (D + n)).

    Raises:
        TypeError: ``n`` is not an int.
        ValueError: ``n`` is below 1 or ``ties`` is none of the three.

    Example:
        >>> pair_tied_with_three = DistanceHistograms(np.array([[0, 4]]), np.array([[0, 1]]))
        >>> hit_rate_at(pair_tied_with_three, 1), hit_rate_at(pair_tied_with_three, 1, ties="pessimistic")
        (array([0.25]), array([0.]))
    """
    positive_int("n", n)
    check_ties(ties)
    cut = cut_at(histograms, n)
    if ties == "expected":
        miss = np.ones(histograms.n_queries)
        # the product is symmetric in the kept and the relevant items: take the shorter
        short, long = np.minimum(cut.kept, cut.relevant), np.maximum(cut.kept, cut.relevant)
        for i in range(int(short.max())):
            rest = np.maximum(cut.items - i, 1)
            miss = np.where(i < short, miss * np.maximum(1.0 - long / rest, 0.0), miss)
        hit = 1.0 - miss
    else:
        hit = (cut.relevant_kept(ties) > 0).astype(np.float64)
    hit = np.where(cut.relevant_before > 0, 1.0, hit)
    return np.where(histograms.n_relevant > 0, hit, np.nan)


def first_relevant_rank(histograms: DistanceHistograms, *, ties: Ties = "expected") -> npt.NDArray[np.float64]:
    """Compute the rank of the first relevant item of each query, from 1.

    N items stand ahead of its tie group, which holds t items, r of them relevant: the rank is ``N + (t+1)/(r+1)``
    in expectation, ``N + 1`` at best and ``N + t - r + 1`` at worst.

    Args:
        histograms: counts of Q queries.
        ties: ``expected`` (default), ``optimistic`` or ``pessimistic``.

    Returns:
        float64 (Q,); NaN where nothing is relevant. Cost: O(Q D).

    Raises:
        ValueError: ``ties`` is none of the three.
    """
    check_ties(ties)
    group = _first_group(histograms)
    ahead: npt.NDArray[np.float64 | np.int64]  # irrelevant items of the group ahead of the first relevant one
    irrelevant = group.items - group.relevant
    if ties == "expected":
        ahead = irrelevant / (group.relevant + 1)
    else:
        ahead = np.zeros_like(irrelevant) if ties == "optimistic" else irrelevant
    rank = group.before + ahead + 1.0
    return np.where(group.relevant > 0, rank, np.nan)


def reciprocal_rank(histograms: DistanceHistograms, *, ties: Ties = "expected") -> npt.NDArray[np.float64]:
    """Compute the reciprocal of the rank of the first relevant item of each query.

    The mean of 1/rank over the orders of tied items is not 1 over the mean rank: with one relevant item it is
    ``(1/t) sum_{j=1..t} 1/(N+j)``.

    Args:
        histograms: counts of Q queries.
        ties: ``expected`` (default), ``optimistic`` or ``pessimistic``.

    Returns:
        float64 (Q,); NaN where nothing is relevant. Cost: O(Q D), and O(t) more for a query whose first relevant
        group holds several relevant items among t.

    Raises:
        ValueError: ``ties`` is none of the three.
    """
    if ties != "expected":
        return 1.0 / first_relevant_rank(histograms, ties=ties)
    group = _first_group(histograms)
    value = harmonic_span(group.before, group.items) / np.maximum(group.items, 1)
    for query in np.flatnonzero(group.relevant > 1):
        value[query] = _mean_reciprocal(*(int(column[query]) for column in group))
    return np.where(group.relevant > 0, value, np.nan)


class _Group(NamedTuple):
    before: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    relevant: npt.NDArray[np.int64]


def _first_group(histograms: DistanceHistograms) -> _Group:
    """Return the nearest group that holds a relevant item; without one, group 0 with none."""
    rows = np.arange(histograms.n_queries)
    first = (histograms.relevant > 0).argmax(axis=1)
    items = histograms.counts[rows, first]
    return _Group(histograms.counts.cumsum(axis=1)[rows, first] - items, items, histograms.relevant[rows, first])


def _mean_reciprocal(before: int, items: int, relevant: int) -> float:
    """Average 1/(before + j) over the place j of the first of ``relevant`` among ``items``."""
    place = np.arange(items - relevant + 1)  # irrelevant items ahead of it
    still_irrelevant = np.cumprod((items - relevant - place[:-1]) / (items - place[:-1]))
    probability = np.concatenate(([1.0], still_irrelevant)) * relevant / (items - place)
    return float((probability / (before + place + 1)).sum())
