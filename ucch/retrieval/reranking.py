"""Put the candidates of a search in order by real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .._checks import one_of
from ..codes import unpack
from ..errors import DataError
from .hits import Hits
from .rows import Rows

__all__ = ["rerank"]


def rerank(found: Hits, rows: Rows, real: npt.NDArray[np.float32], k: int, *, n_bits: int, by: str) -> Hits:
    """Order each query's candidates by ``1 - cosine`` and leave the best ``k``, equal values in the order of the ids.

    With ``by="features"`` the cosine is that of the query with the features kept; with ``by="codes"`` it is
    ``<u, b> / sqrt(D)``, the real query u against the candidate's code b in +-1: the asymmetric distance, which needs
    nothing but the codes. Cost: O(R F) a query.

    Args:
        found: the candidates.
        rows: the index's rows.
        real: (Q, F) unit rows, F = D with ``by="codes"``.
        k: items left for each query.
        n_bits: D.
        by: ``features`` or ``codes``.

    Raises:
        DataError: no features are kept, or ``real`` has another shape.
    """
    one_of("by", by, ("codes", "features"))
    if by == "features" and rows.features is None:
        raise DataError("this index keeps no features to re-rank by; build it with features, or re-rank by codes")
    width = n_bits if rows.features is None or by == "codes" else rows.features.width
    if real.shape != (len(found), width):
        raise DataError(f"real must have shape ({len(found)}, {width}) to re-rank by {by}, got {real.shape}")
    places = rows.find(found.ids)
    all_ids: list[npt.NDArray[Any]] = [found.ids[:0]]
    all_distances = [np.empty(0, np.float32)]
    starts = np.zeros(len(found) + 1, np.int64)
    for query, vector in enumerate(real):
        own = slice(int(found.starts[query]), int(found.starts[query + 1]))
        if rows.features is not None and by == "features":
            cosine = rows.features.rows(places[own]) @ vector
        else:
            cosine = unpack(rows.codes[places[own]], n_bits).astype(np.float32) @ vector / np.float32(np.sqrt(n_bits))
        distances = np.clip(1 - cosine, 0, 2)
        order = np.lexsort((rows.ids[places[own]], distances))[:k]
        all_ids.append(found.ids[own][order])
        all_distances.append(distances[order])
        starts[query + 1] = starts[query] + len(order)
    return Hits(np.concatenate(all_ids), np.concatenate(all_distances), starts)
