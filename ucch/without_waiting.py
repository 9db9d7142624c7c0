"""Tensors of the host on an accelerator, sent without waiting for it."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["sent"]


def sent(value: Tensor, device: torch.device | str) -> Tensor:
    """Send a tensor to a device; where it goes from the host to an accelerator, the host goes on at once.

    A copy from memory that may be swapped out holds the host up, so that the tensor is copied to pinned memory first,
    which torch keeps until the device has read it.

    Example:
        >>> sent(torch.arange(3), "cpu")
        tensor([0, 1, 2])
    """
    device = torch.device(device)
    if value.device.type != "cpu" or device.type == "cpu":
        return value.to(device)
    if device.type == "cuda" and not value.is_pinned():
        value = value.pin_memory()
    return value.to(device, non_blocking=True)
