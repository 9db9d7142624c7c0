"""How a code table stores its rows: floating point as it is, int8 in fixed steps that keep every sign."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import torch
from torch import Tensor

from .._checks import one_of, positive_int
from ..codes import sign

__all__ = [
    "INITS",
    "TABLE_DTYPES",
    "check_table",
    "code_rows",
    "decode_rows",
    "encode_rows",
    "initial_rows",
    "piece_sizes",
    "row_pieces",
    "row_step",
]

TABLE_DTYPES = (torch.float32, torch.bfloat16, torch.int8, torch.float64)
INITS = ("unbiased", "published")

STEPS = 32  # int8 steps in 1/sqrt(D), the magnitude of an entry of a unit row whose entries are equally large

_PIECE_ELEMENTS = 2**21  # latent values at a time: 8 MiB of float32


def check_table(n_codes: int, n_bits: int, init: str, dtype: torch.dtype) -> None:
    """Refuse sizes, words and dtypes that no table has."""
    positive_int("n_codes", n_codes)
    positive_int("n_bits", n_bits)
    one_of("init", init, INITS)
    if dtype not in TABLE_DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(map(str, TABLE_DTYPES))}, got {dtype!r}")


def encode_rows(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Round latent values (R, D) to what the table holds.

    int8 holds ``q = floor(32 sqrt(D) v)``, cut at -128 and 127, for ``v = (q + 1/2) / (32 sqrt(D))``: steps of 1/32
    of ``1/sqrt(D)``, up to four times that magnitude. No value is 0, so the sign of q is the sign of v and rounding
    flips no bit. Floating point rounds to nearest.

    Example:
        >>> encode_rows(torch.tensor([[0.5, -0.5, 1e-6, -1e-6]]), torch.int8)
        tensor([[ 32, -32,   0,  -1]], dtype=torch.int8)
    """
    if dtype != torch.int8:
        return values.to(dtype)
    steps = (values.to(torch.promote_types(values.dtype, torch.float32)) * _steps(values)).floor()
    return steps.clamp(-128, 127).to(dtype)


def decode_rows(stored: Tensor) -> Tensor:
    """Return stored rows (R, D) as latent values, in float32 or wider."""
    if stored.dtype != torch.int8:
        return stored.to(torch.promote_types(stored.dtype, torch.float32))
    return (stored.to(torch.float32) + 0.5) / _steps(stored)


def row_step(table: Tensor) -> float:
    """How far two values of a table lie apart that are stored as neighbours: int8's step, 0 for floating point."""
    return 1.001 / _steps(table) if table.dtype == torch.int8 else 0.0


def initial_rows(
    n_rows: int,
    n_bits: int,
    *,
    init: str,
    dtype: torch.dtype,
    generator: torch.Generator | None = None,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Draw rows of random signs, all of one magnitude, as a table stores them: (n_rows, n_bits).

    ``"unbiased"`` takes the signs of N(0, 1), ``"published"`` those of N(-1, 4), of which 69 % are negative. The
    magnitude is ``1/sqrt(D)``; int8 takes the nearest it has on both sides of zero, 31.5/32 of that.
    """
    noise = torch.randn(n_rows, n_bits, generator=generator, device=generator.device if generator else device)
    if init == "published":
        noise = 2.0 * noise - 1.0
    return code_rows(noise, dtype).to(device)


def code_rows(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Rows of unit length with the signs of (R, D) values, as a table stores them."""
    share = (STEPS - 0.5) / STEPS if dtype == torch.int8 else 1.0
    return encode_rows(share * sign(values) / sqrt(values.shape[1]), dtype)


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


def _steps(rows: Tensor) -> float:
    return STEPS * sqrt(rows.shape[-1])
