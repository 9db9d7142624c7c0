"""Where a cutoff falls: the one tie group that it splits."""

from __future__ import annotations

from typing import Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from .._checks import one_of, positive_int
from .histograms import DistanceHistograms

__all__ = ["Cut", "Ties", "check_cutoff", "check_ties", "cut_at"]

Ties = Literal["expected", "optimistic", "pessimistic"]
TIES = ("expected", "optimistic", "pessimistic")


class Cut(NamedTuple):
    """The tie group that holds rank k, per query; all int64 (Q,).

    ``kept`` of its ``items`` stand within the first k; ``before`` items stand ahead of the group.
    """

    group: npt.NDArray[np.int64]
    before: npt.NDArray[np.int64]
    relevant_before: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    relevant: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]

    @property
    def least(self) -> npt.NDArray[np.int64]:
        """The fewest relevant items that the kept part can hold."""
        return np.maximum(0, self.kept - (self.items - self.relevant))

    @property
    def most(self) -> npt.NDArray[np.int64]:
        """The most relevant items that the kept part can hold."""
        return np.minimum(self.kept, self.relevant)

    def relevant_kept(self, ties: Ties) -> npt.NDArray[np.float64]:
        """Relevant items in the kept part: its hypergeometric mean, or the most or fewest possible."""
        if ties == "expected":
            return np.asarray(self.kept * self.relevant / np.maximum(self.items, 1))
        return (self.most if ties == "optimistic" else self.least).astype(np.float64)


def cut_at(histograms: DistanceHistograms, k: int) -> Cut:
    """Find the tie group that holds rank ``k``; where k > M, the last group with all its items kept."""
    ends = histograms.counts.cumsum(axis=1)
    group = np.minimum((ends < k).sum(axis=1), histograms.n_bits)
    rows = np.arange(histograms.n_queries)
    items, relevant = histograms.counts[rows, group], histograms.relevant[rows, group]
    before = ends[rows, group] - items
    relevant_before = histograms.relevant.cumsum(axis=1)[rows, group] - relevant
    return Cut(group, before, relevant_before, items, relevant, np.minimum(k - before, items))


def check_cutoff(cutoff: int | None) -> None:
    """Raise unless ``cutoff`` is None (the whole ranking) or an int of at least 1."""
    if cutoff is not None:
        positive_int("cutoff", cutoff)


def check_ties(ties: str) -> Ties:
    """Return ``ties`` if counts can answer it, else raise ``ValueError``."""
    if ties == "stable":
        raise ValueError(
            "ties must be one of expected, optimistic, pessimistic, got 'stable': the order by index is not in the"
            " counts; use ucch.metrics.stable_average_precision on the codes"
        )
    one_of("ties", ties, TIES)
    return cast(Ties, ties)
