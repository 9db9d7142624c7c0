"""Hash lookup: precision and recall of everything within a Hamming radius."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .._checks import one_of
from .average_precision import mean_over_queries
from .histograms import DistanceHistograms

__all__ = ["RadiusCurve", "radius_curve"]

Average = Literal["macro", "micro"]


@dataclass(frozen=True, eq=False)
class RadiusCurve:
    """Lookup within radius 0..D, one entry per radius.

    Attributes:
        precision: float64 (D+1,); under ``micro`` NaN where no query returns anything.
        recall: float64 (D+1,); NaN where no query has a relevant item.
        empty: share of queries that return nothing, (D+1,).
        returned: mean number of items returned per query, (D+1,).
    """

    precision: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]
    empty: npt.NDArray[np.float64]
    returned: npt.NDArray[np.float64]


def radius_curve(histograms: DistanceHistograms, *, average: Average = "macro") -> RadiusCurve:
    """Compute precision and recall of all items within each Hamming radius 0..D.

    Args:
        histograms: counts of Q queries.
        average: ``macro`` (default) averages over queries: a query that returns nothing has precision 0, as the
            hash-lookup literature counts it, and recall is averaged over queries with a relevant item. ``micro``
            pools the pairs of all queries: ``precision = sum relevant returned / sum returned``.

    Returns:
        The curve. No tie rule enters: a radius takes whole groups. Cost: O(Q D).

    Raises:
        ValueError: ``average`` is neither word.
    """
    one_of("average", average, ("macro", "micro"))
    returned = histograms.counts.cumsum(axis=1)
    relevant = histograms.relevant.cumsum(axis=1)
    n_relevant = histograms.n_relevant
    if average == "macro":
        precision = (relevant / np.maximum(returned, 1)).mean(axis=0)
        recalls = np.where(n_relevant[:, None] > 0, relevant / np.maximum(n_relevant, 1)[:, None], np.nan)
        recall = np.array([mean_over_queries(column) for column in recalls.T])
    else:
        precision = _ratio(relevant.sum(axis=0), returned.sum(axis=0))
        recall = _ratio(relevant.sum(axis=0), n_relevant.sum())
    return RadiusCurve(precision, recall, (returned == 0).mean(axis=0), returned.mean(axis=0))


def _ratio(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
