"""Signs written in place, in two passes: what a map does at every step to every parameter."""

from __future__ import annotations

import torch
from torch import Tensor

from ..._checks import one_of, positive
from .row_blocks import row_blocks

__all__ = ["SCALES", "check_scale", "code_scale", "spread_out", "write_signs"]

SCALES = ("row", "tensor")


def check_scale(scale: float | str) -> float | str:
    """Return ``scale`` if it is a finite number above 0, ``"row"`` or ``"tensor"``, else raise ``ValueError``."""
    return one_of("scale", scale, SCALES) if isinstance(scale, str) else positive("scale", scale)


def code_scale(latent: Tensor, scale: float | str, *, scratch: Tensor | None = None) -> float | Tensor:
    """The length s of a binary value: a number, or the mean magnitude of latent values.

    For given signs the mean of |v| is the s that makes ``|v - s sign(v)|^2`` smallest.

    Args:
        latent: v, any shape; a row is everything under one index of the first dimension.
        scale: a number, ``"tensor"`` for one s, or ``"row"`` for one s a row; a vector is one row.
        scratch: of the shape and dtype of ``latent``, to be overwritten: half the time of a norm without.

    Returns:
        The number, a scalar tensor, or (R, 1, ..., 1). 0 where all latent values are.

    Example:
        >>> code_scale(torch.tensor([[1.0, -3.0], [0.5, 0.5]]), "row")
        tensor([[2.0000],
                [0.5000]])
    """
    if not isinstance(scale, str):
        return scale
    rows = None if scale == "tensor" or latent.dim() < 2 else tuple(range(1, latent.dim()))
    total: Tensor
    if scratch is None:
        total = torch.linalg.vector_norm(latent, 1, dim=rows, keepdim=rows is not None)
    else:
        sums = []
        for block, out in row_blocks(latent, scratch):
            torch.abs(block, out=out)
            sums.append(out.sum(dim=rows, keepdim=True) if rows else out.sum())
        total = torch.cat(sums) if rows else torch.stack(sums).sum()
    return total / max(latent.numel() // max(total.numel(), 1), 1)


def write_signs(out: Tensor, latent: Tensor, scale: float | Tensor) -> None:
    """Write ``scale * sign(latent)`` into ``out``, without a temporary tensor; sign(0) = +1 as everywhere.

    Example:
        >>> out = torch.empty(3)
        >>> write_signs(out, torch.tensor([-0.1, 0.0, 2.0]), 0.5)
        >>> out
        tensor([-0.5000,  0.5000,  0.5000])
    """
    torch.ge(latent, 0, out=out)
    length = torch.as_tensor(scale).to(out.dtype)  # rounded first, so that 2 s - s is s
    spread_out(out, length if isinstance(scale, Tensor) else float(length))


def spread_out(unit: Tensor, scale: float | Tensor) -> None:
    """Bring values of [0, 1] to [-s, s], in place: ``2 s x - s``, for a number in one pass.

    Example:
        >>> values = torch.tensor([0.0, 0.5, 1.0])
        >>> spread_out(values, 2.0)
        >>> values
        tensor([-2.,  0.,  2.])
    """
    if isinstance(scale, Tensor):
        unit.mul_(2 * scale).sub_(scale)
    else:
        torch.add(torch.tensor(-scale, dtype=unit.dtype), unit, alpha=2 * scale, out=unit)
