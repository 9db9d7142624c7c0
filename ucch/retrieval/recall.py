"""How much of the exact answer a search finds, ties counted fairly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .hits import Hits

__all__ = ["tie_aware_recall"]


def tie_aware_recall(found: Hits, exact: Hits) -> npt.NDArray[np.float64]:
    """Share of each query's exact answer that a search found, (Q,).

    Hamming distances tie, and any of the items at the last distance completes the answer as well as another: an item
    found counts if it is no farther than the last exact one, ``|{d_found <= d_k}| / k``. The exact answer has recall 1.
    A query whose exact answer is empty has recall 1.

    Raises:
        ValueError: the two answer different numbers of queries.

    Example:
        >>> one = np.array([0, 2])
        >>> exact = Hits(np.array([4, 5]), np.array([0, 2]), one)
        >>> tie_aware_recall(Hits(np.array([4, 9]), np.array([0, 2]), one), exact)
        array([1.])
    """
    if len(found) != len(exact):
        raise ValueError(f"found and exact must answer the same queries, got {len(found)} and {len(exact)}")
    shares = [
        min(1.0, float((distances <= wanted[-1]).sum()) / len(wanted)) if len(wanted) else 1.0
        for (_, distances), (_, wanted) in zip(found, exact, strict=True)
    ]
    return np.array(shares)
