"""The check of row numbers; those that need no torch are in :mod:`ucch._checks`."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["index_rows"]


def index_rows(name: str, value: Tensor, n_rows: int) -> Tensor:
    """Return ``value`` if it is a vector of int64 row numbers below ``n_rows``, else raise.

    Cost O(len(value)); on an accelerator the range test waits for the device, so it runs on CPU tensors only, and not
    within ``torch.compile``, whose graph it would break.
    """
    if value.dtype != torch.int64:
        raise TypeError(f"{name} must hold int64 row numbers, got {value.dtype}")
    if value.dim() != 1:
        raise ValueError(f"{name} must be a vector of row numbers, got shape {tuple(value.shape)}")
    if torch.compiler.is_compiling() or value.device.type != "cpu" or not value.numel():
        return value
    if not 0 <= int(value.min()) <= int(value.max()) < n_rows:
        raise ValueError(f"{name} must hold row numbers in [0, {n_rows}), got {int(value.min())} to {int(value.max())}")
    return value
