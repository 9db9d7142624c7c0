"""Rows of a matrix at a time, few enough that a core keeps them near."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

__all__ = ["BLOCK", "blocks"]

BLOCK = 2**18  # numbers at a time on a CPU, 1 MiB of float32


def blocks(matrix: Tensor) -> Iterator[slice]:
    """Rows of a matrix (R, M) in order: on a CPU some 2^18 numbers at a time, one row at least; else all at once.

    Example:
        >>> import torch
        >>> [(rows.start, rows.stop) for rows in blocks(torch.empty(5, 2**17))]
        [(0, 2), (2, 4), (4, 6)]
    """
    step = max(1, BLOCK // matrix.shape[1] if matrix.device.type == "cpu" else len(matrix))
    return (slice(start, start + step) for start in range(0, len(matrix), step))
