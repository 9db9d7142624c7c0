"""A tensor that is never in one place: its rows come in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["RowStream"]


@dataclass(frozen=True)
class RowStream:
    """Stand for a tensor in a state that is saved.

    Args:
        dtype, shape: of the whole.
        pieces: of consecutive rows on the CPU, in order, once. Rows of several processes come by
            :meth:`~ucch.collectives.World.pieces`, so every process goes through it to the end.
    """

    dtype: torch.dtype
    shape: tuple[int, ...]
    pieces: Iterator[Tensor]
