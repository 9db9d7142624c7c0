"""Made pairs of which it is known which are wrong."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ucch.data import Pairs


def made_pairs(n: int, *, wrong: float, noise: float = 0.4, seed: int = 0) -> tuple[Pairs, npt.NDArray[np.bool_]]:
    """Two noisy looks of different widths at points of one space, a share of the texts exchanged among themselves."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, 8))
    image = points @ rng.normal(size=(8, 12)) + noise * rng.normal(size=(n, 12))
    text = points @ rng.normal(size=(8, 10)) + noise * rng.normal(size=(n, 10))
    moved = rng.permutation(n)[: round(wrong * n)]
    text[moved] = text[np.roll(moved, 1)]
    is_wrong = np.zeros(n, dtype=bool)
    is_wrong[moved] = True
    return Pairs(image.astype(np.float32), text.astype(np.float32)), is_wrong
