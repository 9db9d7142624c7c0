"""Small feature matrices and a loop for cosines."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def features(n: int = 7, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Image (n, 4) and text (n, 3), float64, positive and negative."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(n, d, dtype=torch.float64, generator=generator) for d in (4, 3))  # type: ignore[return-value]


def cosine(a: Tensor, b: Tensor) -> float:
    dot, aa, bb = (sum(float(x) * float(y) for x, y in zip(u, v, strict=True)) for u, v in ((a, b), (a, a), (b, b)))
    return dot / math.sqrt(aa * bb)


def cosine_matrix(rows: Tensor) -> list[list[float]]:
    return [[cosine(a, b) for b in rows] for a in rows]


def as_matrix(rows: list[list[float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)
