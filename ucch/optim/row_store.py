"""How a code table stores its rows: floating point as it is, int8 in fixed steps that keep every sign."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor

__all__ = ["TABLE_DTYPES", "decode_rows", "encode_rows"]

TABLE_DTYPES = (torch.float32, torch.bfloat16, torch.int8, torch.float64)

STEPS = 32  # int8 steps in 1/sqrt(D), the magnitude of an entry of a unit row whose entries are equally large


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


def _steps(rows: Tensor) -> float:
    return STEPS * sqrt(rows.shape[-1])
