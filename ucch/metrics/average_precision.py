"""Average precision of a Hamming ranking from counts per distance, exact under ties."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from .._checks import one_of
from ._cut import Ties, check_cutoff, check_ties, cut_at
from ._harmonic import consecutive_sum, harmonic_span
from ._split_group import found_in_cut
from .histograms import DistanceHistograms

__all__ = ["average_precision", "mean_over_queries"]

Denominator = Literal["relevant", "retrieved"]
NoRelevant = Literal["skip", "zero"]


def average_precision(
    histograms: DistanceHistograms,
    *,
    cutoff: int | None = None,
    ties: Ties = "expected",
    denominator: Denominator = "relevant",
    no_relevant: NoRelevant = "skip",
) -> npt.NDArray[np.float64]:
    r"""Compute the average precision (AP) of each query.

    The precision at the rank of each relevant item within the first ``cutoff``, summed and divided:
    ``AP = sum_{j <= cutoff} rel_j Prec@j / denominator``. A distance group of n items, r of them relevant, that
    follows N items, R of them relevant, contributes in expectation over the orders inside the group

    ``(r/n) sum_{j=1..m} [R + 1 + (j-1)(r-1)/(n-1)] / (N+j)``,  m = min(n, cutoff - N),

    which is a harmonic span in closed form.

    Args:
        histograms: counts of Q queries.
        cutoff: last rank that counts, at least 1; None for the whole ranking (MAP@ALL).
        ties: ``expected`` (default) averages over all orders of equally distant items; ``optimistic`` and
            ``pessimistic`` take the best and the worst of them. The order by database index is not in the counts:
            see :func:`~ucch.metrics.stable_average_precision`.
        denominator: ``relevant`` (default) divides by R_q, all relevant items in the database; ``retrieved`` by
            those found within the cutoff, as the DJSRH family does. Without a cutoff they are the same. Under ties
            the number found is random: the value is the mean (best, worst) of the ratio, not a ratio of means.
        no_relevant: a query with no relevant item in the database gives NaN under ``skip`` (default: no such query
            enters a mean) and 0 under ``zero``.

    Returns:
        float64 (Q,). Cost: O(Q D), and O(Q cutoff) more with ``retrieved`` and a cutoff.

    Raises:
        ValueError: an option is none of the above.
        TypeError: ``cutoff`` is not an int.

    Note:
        With ``retrieved`` a query that has relevant items but finds none within the cutoff scores 0.

    Reference:
        F. McSherry, M. Najork. Computing Information Retrieval Performance Measures Efficiently in the Presence of
        Tied Scores. ECIR 2008.

    Example:
        >>> both_tied = DistanceHistograms(np.array([[2]]), np.array([[1]]))  # one of two tied items is relevant
        >>> average_precision(both_tied), average_precision(both_tied, ties="pessimistic")
        (array([0.75]), array([0.5]))
    """
    check_cutoff(cutoff)
    check_ties(ties)
    one_of("denominator", denominator, ("relevant", "retrieved"))
    one_of("no_relevant", no_relevant, ("skip", "zero"))
    n_relevant = histograms.n_relevant
    if denominator == "retrieved" and cutoff is not None and cutoff < histograms.n_items:
        value = _per_found(histograms, cutoff, ties)
    else:
        value = _precision_sums(histograms, cutoff, ties).sum(axis=1) / np.maximum(n_relevant, 1)
    value[n_relevant == 0] = np.nan if no_relevant == "skip" else 0.0
    return np.asarray(value)


def mean_over_queries(values: npt.NDArray[np.float64]) -> float:
    """Average the queries that count, those without NaN; NaN where none does."""
    counted = values[~np.isnan(values)]
    return float(counted.mean()) if counted.size else float("nan")


def _precision_sums(histograms: DistanceHistograms, cutoff: int | None, ties: Ties) -> npt.NDArray[np.float64]:
    """Return the part of ``sum rel_j Prec@j`` that each distance contributes, (Q, D+1)."""
    items, relevant = histograms.counts, histograms.relevant
    before = items.cumsum(axis=1) - items
    relevant_before = relevant.cumsum(axis=1) - relevant
    kept = items if cutoff is None else np.clip(cutoff - before, 0, items)
    if ties == "expected":
        slope = (relevant - 1) / np.maximum(items - 1, 1)
        start = relevant_before + 1 - slope * (before + 1)
        sums = kept * slope + start * harmonic_span(before, kept)
        return np.asarray(sums * relevant / np.maximum(items, 1))
    if ties == "optimistic":
        found = np.minimum(kept, relevant)
        return consecutive_sum(relevant_before, before, found)
    found = np.maximum(0, kept - (items - relevant))
    return consecutive_sum(relevant_before, before + kept - found, found)


def _per_found(histograms: DistanceHistograms, cutoff: int, ties: Ties) -> npt.NDArray[np.float64]:
    """Return AP over the relevant items found within the cutoff, (Q,)."""
    cut = cut_at(histograms, cutoff)
    groups = np.arange(histograms.n_bits + 1)
    sums = _precision_sums(histograms, None, ties)
    whole = np.where(groups < cut.group[:, None], sums, 0.0).sum(axis=1)
    return found_in_cut(cut, whole, ties)
