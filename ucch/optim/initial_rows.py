"""The first rows of a code table, drawn a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import torch
from torch import Tensor

from ..codes import sign
from .row_store import encode_rows

__all__ = ["INITS", "initial_rows", "piece_sizes", "row_pieces"]

INITS = ("unbiased", "published")

_PIECE_ELEMENTS = 2**21  # latent values at a time: 8 MiB of float32


def initial_rows(
    n_rows: int,
    n_bits: int,
    *,
    init: str,
    dtype: torch.dtype,
    generator: torch.Generator | None = None,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Draw rows of random signs, of unit length, as a table stores them: (n_rows, n_bits).

    ``"unbiased"`` takes the signs of N(0, 1), ``"published"`` those of N(-1, 4), of which 69 % are negative.
    """
    noise = torch.randn(n_rows, n_bits, generator=generator, device=generator.device if generator else device)
    if init == "published":
        noise = 2.0 * noise - 1.0
    return encode_rows((sign(noise) / sqrt(n_bits)).to(device), dtype)


def piece_sizes(n_rows: int, n_bits: int) -> list[int]:
    """Rows of each piece of a table, so that no piece takes more than 8 MiB of float32."""
    size = max(1, _PIECE_ELEMENTS // n_bits)
    return [min(size, n_rows - start) for start in range(0, n_rows, size)]


def row_pieces(table: Tensor) -> Iterator[Tensor]:
    """Cut a table into views of a few rows."""
    start = 0
    for size in piece_sizes(*table.shape):
        yield table[start : start + size]
        start += size
