"""AP over the relevant items *found* within a cutoff, where the cutoff splits a tie group.

Only the split group makes the number found random. Of its n items, r of them relevant, the m that stand within the
cutoff hold x relevant ones with the hypergeometric probability of (n, r, m); given x, those lie uniformly among the
m places, so the group contributes ``(x/m) sum_{j=1..m} [R + 1 + (j-1)(x-1)/(m-1)] / (N+j)`` and the query scores

    (sum of the whole groups + contribution given x) / (R + x).

``expected`` averages this over x; ``optimistic`` and ``pessimistic`` take its best and worst value over all x that
can occur, with the x items first or last: finding one item more may lower the ratio.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._cut import Cut, Ties
from ._harmonic import consecutive_sum, harmonic_span

__all__ = ["found_in_cut"]

_CELLS = 1 << 19  # of the table queries x number found, held at a time


def found_in_cut(cut: Cut, whole: npt.NDArray[np.float64], ties: Ties) -> npt.NDArray[np.float64]:
    """Return AP over items found, (Q,), given the precision sums ``whole`` of the groups before the split one.

    Cost: O(Q X) time, X <= cutoff the widest range of x, and a few tables of 2^19 cells.
    """
    width = int((cut.most - cut.least).max()) + 1
    step = max(1, _CELLS // width)
    value = np.empty(len(whole))
    for start in range(0, len(whole), step):
        rows = slice(start, start + step)
        part = Cut(*(column[rows] for column in cut))
        value[rows] = _over_found(part, whole[rows], width, ties)
    return value


def _over_found(cut: Cut, whole: npt.NDArray[np.float64], width: int, ties: Ties) -> npt.NDArray[np.float64]:
    found = cut.least[:, None] + np.arange(width)  # (Q, X)
    possible = found <= cut.most[:, None]
    found = np.where(possible, found, cut.least[:, None])
    total = whole[:, None] + _split_sum(cut, found, ties)
    ratio = total / np.maximum(cut.relevant_before[:, None] + found, 1)
    if ties == "expected":
        return np.asarray((ratio * _hypergeometric(cut, found, possible)).sum(axis=1))
    return np.asarray(ratio.max(axis=1) if ties == "optimistic" else ratio.min(axis=1))


def _split_sum(cut: Cut, found: npt.NDArray[np.int64], ties: Ties) -> npt.NDArray[np.float64]:
    """Return the precision sum of the split group given the number found, (Q, X)."""
    before, relevant_before, kept = cut.before[:, None], cut.relevant_before[:, None], cut.kept[:, None]
    if ties == "optimistic":
        return consecutive_sum(relevant_before, np.broadcast_to(before, found.shape), found)
    if ties == "pessimistic":
        return consecutive_sum(relevant_before, before + kept - found, found)
    slope = (found - 1) / np.maximum(kept - 1, 1)
    start = relevant_before + 1 - slope * (before + 1)
    span = harmonic_span(cut.before, cut.kept)[:, None]
    return np.asarray((kept * slope + start * span) * found / np.maximum(kept, 1))


def _hypergeometric(cut: Cut, found: npt.NDArray[np.int64], possible: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the probability of each number found, (Q, X), from the ratios of neighbours."""
    relevant, kept = cut.relevant[:, None], cut.kept[:, None]
    last = found[:, :-1]
    ways_in = np.maximum(relevant - last, 0) * np.maximum(kept - last, 0)
    ways_out = (last + 1) * (cut.items[:, None] - relevant - kept + last + 1)
    logs = np.zeros(found.shape)
    with np.errstate(divide="ignore"):
        logs[:, 1:] = np.log(ways_in / ways_out).cumsum(axis=1)
    logs[~possible] = -np.inf
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
