"""Where to train."""

from __future__ import annotations

import torch

from ..errors import RunError

__all__ = ["choose_device"]


def choose_device(word: str) -> torch.device:
    """Turn ``auto``, ``cpu`` or ``cuda`` into a device; ``auto`` is cuda where there is one.

    Raises:
        RunError: ``cuda`` was asked for and torch finds none.
    """
    if word == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if word == "cuda" and not torch.cuda.is_available():
        raise RunError("device cuda was asked for, but torch finds no CUDA device; use --device cpu")
    return torch.device(word)
