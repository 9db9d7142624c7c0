"""What the baselines share: products over many rows in float64, ridge solutions, linear towers."""

from __future__ import annotations

import torch
from torch import Tensor

from ..models import HashTower

__all__ = ["centred", "linear_tower", "product", "ridge_solve"]

_ROWS = 1 << 14  # rows cast to float64 at a time


def product(first: Tensor, second: Tensor) -> Tensor:
    """``first' second`` of (n, a) and (n, b) in float64, read a few rows at a time: O(n a b)."""
    total = torch.zeros(first.shape[1], second.shape[1], dtype=torch.float64)
    for start in range(0, len(first), _ROWS):
        rows = slice(start, start + _ROWS)
        total += first[rows].double().T @ second[rows].double()
    return total


def centred(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows less their mean, in float32, and the mean, (d,) float64."""
    mean = rows.double().mean(dim=0)
    return rows - mean.to(rows.dtype), mean


def ridge_solve(gram: Tensor, right: Tensor, ridge: float) -> Tensor:
    """Solve ``(G + r I) W = right`` with r ``ridge`` times the mean of G's diagonal, so that it knows no unit.

    Args:
        gram: (d, d), positive semidefinite.
        right: (d, m).
        ridge: at least 0; 0 needs a gram of full rank.

    Raises:
        ValueError: the system is singular.
    """
    size = len(gram)
    lifted = gram + ridge * float(gram.diagonal().mean()) * torch.eye(size, dtype=gram.dtype)
    factor, failed = torch.linalg.cholesky_ex(lifted)
    if int(failed):
        raise ValueError(f"ridge must be above 0 where features are rank deficient, got {ridge!r} for {size} of them")
    solution: Tensor = torch.cholesky_solve(right, factor)
    return solution


@torch.no_grad()
def linear_tower(weight: Tensor, mean: Tensor) -> HashTower:
    """A tower of one layer: outputs ``(x - mean) W`` of features x.

    Args:
        weight: (d, D).
        mean: (d,).
    """
    tower = HashTower(weight.shape[0], weight.shape[1], n_layers=1)
    layer = tower.last
    layer.weight.copy_(weight.T)
    layer.bias.copy_(-(mean.to(weight.dtype) @ weight))
    return tower
