"""What the hits of a query are worth: the probability of being its partner, and whether they match at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..calibration import Gallery, PartnerCalibration
from ..codes import PackedCodes, unpack
from .hits import Hits
from .rows import Rows

__all__ = ["judge"]

_SAMPLE = 1 << 15  # items beside the hits that stand for all others


def judge(
    hits: Hits, rows: Rows, queries: npt.NDArray[Any], calibration: PartnerCalibration, *, asks: str, real: bool
) -> Hits:
    """Give each hit its probability of being the query's partner, and say whether it is a likely match.

    The probability is of a partner somewhere in the whole index, filtered or not. What the items that were not found
    weigh is summed over all of them, or estimated from 32,768 of them, evenly spread, where there are more; so up to
    so many items, a probability does not depend on how many hits were asked for.

    Args:
        hits: of the queries, with Hamming distances, or with ``real`` those of real queries.
        rows: of the index.
        queries: packed codes (Q, W), or (Q, D) unit rows.
        calibration: of the codes.
        asks: ``image`` or ``text``, what the queries are; the items are of the other modality.
        real: what queries and distances are.

    Returns:
        The same hits with ``probability`` and ``likely``. Cost of a query: O(min(M, 32,768) D / 8), or D for a real
        one.
    """
    alive = np.arange(len(rows.ids)) if rows.alive is None else np.flatnonzero(rows.alive)
    sample = alive[:: max(1, -(-len(alive) // _SAMPLE))]
    codes: PackedCodes = np.ascontiguousarray(rows.codes[sample])
    signs = unpack(codes, calibration.n_bits).astype(np.float32).T if real else None
    largest, one = (2.0, calibration.real) if real else (float(calibration.n_bits), calibration.hamming)
    places, galleries = rows.find(hits.ids), []
    for query, asked in enumerate(queries):
        own = slice(int(hits.starts[query]), int(hits.starts[query + 1]))
        others = ~np.isin(sample, places[own])
        if signs is None:
            distances = np.bitwise_count(codes ^ asked).sum(1, dtype=np.int64)[others]
        else:
            distances = np.clip(1 - asked @ signs / np.float32(np.sqrt(calibration.n_bits)), 0, 2)[others]
        n_found = own.stop - own.start
        each = (len(alive) - n_found) / max(1, len(distances))
        all_counts = np.concatenate([np.ones(n_found), np.full(len(distances), each)])
        all_distances = np.concatenate([hits.distances[own], distances])
        galleries.append(one.gallery(all_distances / largest, all_counts))
    spread, evidence = (np.array([getattr(each, name) for each in galleries]) for name in ("spread", "log_evidence"))
    of_hits = Gallery(spread, evidence)[np.repeat(np.arange(len(hits)), np.diff(hits.starts))]
    probability = calibration.probability(hits.distances, of_hits, asks=asks, real=real)
    return replace(hits, probability=probability, likely=calibration.likely(hits.distances, real=real))
