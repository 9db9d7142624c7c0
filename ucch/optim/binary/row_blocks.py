"""Tensors by blocks of rows that fit the cache, so that a map of several passes costs little more than one."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

__all__ = ["BLOCK", "row_blocks"]

BLOCK = 2**18  # numbers; 1 MiB of float32


def row_blocks(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Views of tensors by blocks of rows, the same rows of each; one that has no rows of its own goes with every block.

    Args:
        tensors: the first, of any shape, says how many rows; others have as many, or are scalars.

    Example:
        >>> import torch
        >>> [len(block) for block, in row_blocks(torch.empty(700, 1000))]
        [262, 262, 176]
    """
    first = tensors[0]
    if first.numel() <= BLOCK or first.dim() == 0:
        yield tensors
        return
    size = max(BLOCK * len(first) // first.numel(), 1)
    for start in range(0, len(first), size):
        yield tuple(each[start : start + size] if each.dim() else each for each in tensors)
