"""The pairs of codes that differ in few bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .codes import PackedCodes

__all__ = ["near_pairs"]

_BLOCK, _PART = 1 << 14, 16  # codes looked up at a time; bits of a part

Rows = npt.NDArray[np.int64]


def near_pairs(distinct: PackedCodes, radius: int) -> tuple[Rows, Rows, Rows]:
    """Find all pairs of codes within a radius, each once, never by comparing all with all.

    Codes are looked up by parts of 16 bits, of which one agrees up to ``radius`` over the number of parts, in about
    ``O(M (1 + M / 2^16))`` for codes that spread over the parts.

    Args:
        distinct: (M, W) codes, no two the same.
        radius: differing bits.

    Returns:
        Rows of the first, rows of the second, larger, and their distances, (pairs,) each.

    Reference:
        Norouzi, Punjani, Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012.
    """
    import faiss

    none = np.empty(0, np.int64)
    if radius == 0 or len(distinct) < 2:
        return none, none, none
    n_bits = 8 * distinct.shape[1]
    parts = max(1, n_bits // _PART)
    index = faiss.IndexBinaryMultiHash(n_bits, parts, min(_PART, n_bits))
    index.nflip = min(radius // parts, min(_PART, n_bits))
    index.add(np.ascontiguousarray(distinct))
    found: list[tuple[Rows, Rows, Rows]] = [(none, none, none)]
    for start in range(0, len(distinct), _BLOCK):
        limits, distances, others = index.range_search(distinct[start : start + _BLOCK], radius + 1)
        ends: Rows = limits.astype(np.int64)
        own = start + np.repeat(np.arange(len(ends) - 1), ends[1:] - ends[:-1])
        once = own < others
        found.append((own[once], others[once].astype(np.int64), distances[once].astype(np.int64)))
    one, other, apart = (np.concatenate(column) for column in zip(*found, strict=True))
    return one, other, apart
