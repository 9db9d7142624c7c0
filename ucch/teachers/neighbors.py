"""Neighbour lists of all training pairs, found a few rows at a time and kept as N x k."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .._checks import positive_int

__all__ = ["Neighbors", "neighbor_lists"]

_ELEMENTS = 2**24  # similarities at a time: 64 MiB


@dataclass(frozen=True)
class Neighbors:
    """For each of N rows its k nearest others and their weights, which add up to 1 (or are 0 throughout).

    Args:
        index: (N, k) int64.
        weight: (N, k), at least 0.
    """

    index: Tensor
    weight: Tensor

    def overlap(self, rows: Tensor, others: Tensor | None = None) -> Tensor:
        """``P[rows] P[others]^T`` of the sparse N x N matrix P of weights, which is never formed.

        Args:
            rows: (A,) row numbers.
            others: (B,); ``rows`` by default.

        Returns:
            (A, B): how much the neighbourhoods of two rows share; O(A B U) for the U columns that occur, O((A + B) U)
            memory.
        """
        others = rows if others is None else others
        both = torch.cat([rows, others])
        columns, places = torch.unique(self.index[both], return_inverse=True)
        dense = self.weight.new_zeros(len(both), len(columns)).scatter_add_(1, places, self.weight[both])
        return dense[: len(rows)] @ dense[len(rows) :].T


def neighbor_lists(
    similarity: Callable[[slice], Tensor], n_rows: int, *, n_neighbors: int, chunk: int | None = None
) -> Neighbors:
    """Find the nearest others of every row; negative similarities count as 0.

    Args:
        similarity: gives, for a slice of rows, their similarities to all, (rows, N).
        n_rows: N, at least 2.
        n_neighbors: k; at most N - 1 are kept. Of equal similarities, which ones are kept is up to torch.
        chunk: rows at a time; as many as 64 MiB of similarities hold by default.

    Returns:
        :class:`Neighbors`, nearest first. The cost of N x N similarities, never more than ``chunk`` x N of them.

    Raises:
        ValueError: there are fewer than two rows, or ``n_neighbors`` is below 1.
    """
    if n_rows < 2:
        raise ValueError(f"n_rows must be at least 2 for a row to have a neighbour, got {n_rows}")
    k = min(positive_int("n_neighbors", n_neighbors), n_rows - 1)
    step = chunk or max(1, _ELEMENTS // n_rows)
    index, weight = [], []
    for start in range(0, n_rows, step):
        values = similarity(slice(start, start + step)).clone()  # (rows, N)
        own = torch.arange(len(values), device=values.device)
        values[own, start + own] = float("-inf")
        nearest = values.topk(k, dim=1)
        index.append(nearest.indices)
        weight.append(nearest.values.clamp(min=0))
    weights = torch.cat(weight)
    total = weights.sum(dim=1, keepdim=True)
    return Neighbors(torch.cat(index), weights / torch.where(total > 0, total, torch.ones_like(total)))
