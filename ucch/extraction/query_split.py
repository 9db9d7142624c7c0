"""Which images become queries, where nobody says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import DataError

__all__ = ["split_images"]


def split_images(n_images: int, query_share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Draw the query images: the first of a seeded permutation.

    Args:
        n_images: images to split, at least 2.
        query_share: share of them, in (0, 1); rounded, at least one query and one training image.
        seed: of ``numpy.random.default_rng``.

    Returns:
        (n_images,) bool, True for queries.

    Example:
        >>> int(split_images(500, 0.2, seed=0).sum())
        100
    """
    if not 0 < query_share < 1:
        raise ValueError(f"query_share must lie in (0, 1), got {query_share}")
    if n_images < 2:
        raise DataError(f"a split needs at least 2 images, got {n_images}")
    n_query = min(max(1, round(query_share * n_images)), n_images - 1)
    is_query = np.zeros(n_images, dtype=np.bool_)
    is_query[np.random.default_rng(seed).permutation(n_images)[:n_query]] = True
    return is_query
