"""Packed codes as tensors, on their device; arrays are packed by :mod:`ucch.codes`."""

from __future__ import annotations

import torch
from torch import Tensor

from .codes import n_bytes

__all__ = ["pack_tensor", "unpack_tensor"]


def pack_tensor(codes: Tensor) -> Tensor:
    """:func:`ucch.codes.pack` for a tensor, on its device: +-1 (N, D) to uint8 (N, ceil(D/8)).

    Example:
        >>> pack_tensor(torch.tensor([[1.0, -1, 1, 1, -1, -1, -1, -1, 1]]))
        tensor([[176, 128]], dtype=torch.uint8)
    """
    n_codes, n_bits = codes.shape
    bits = codes.new_zeros(n_codes, 8 * n_bytes(n_bits), dtype=torch.uint8)
    bits[:, :n_bits] = codes > 0
    return (bits.view(n_codes, n_bytes(n_bits), 8) * _place_values(codes.device)).sum(dim=2, dtype=torch.uint8)


def unpack_tensor(packed: Tensor, n_bits: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Undo :func:`pack_tensor`: uint8 (N, ceil(n_bits/8)) to +-1 (N, n_bits) of ``dtype``."""
    bits = (packed[:, :, None] & _place_values(packed.device)) > 0  # (N, bytes, 8)
    return torch.where(bits.flatten(1)[:, :n_bits], 1.0, -1.0).to(dtype)


def _place_values(device: torch.device) -> Tensor:
    return torch.tensor([128, 64, 32, 16, 8, 4, 2, 1], dtype=torch.uint8, device=device)
