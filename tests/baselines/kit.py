"""Pairs of two views of three hidden directions, and what every baseline is tried on."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def views(n: int = 300, dx: int = 7, dy: int = 5, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Image (n, dx) and text (n, dy), float32, centred nowhere."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 3)) * [3.0, 2.0, 1.0]
    sides = [hidden @ rng.normal(size=(3, d)) + rng.normal(size=(n, d)) + 1.0 for d in (dx, dy)]
    return tuple(torch.from_numpy(side).float() for side in sides)  # type: ignore[return-value]


def same_up_to_sign(first: np.ndarray, second: np.ndarray, tolerance: float) -> bool:
    """Whether columns agree but for their sign and length."""
    first, second = (x / np.linalg.norm(x, axis=0) for x in (first, second))
    return bool((np.abs((first * second).sum(axis=0)) > 1 - tolerance).all())
