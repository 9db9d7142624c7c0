"""Cosines of the rows of a batch of features: what every closed-form similarity starts from."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from .._checks import two_dimensional

__all__ = ["cosines", "mixed_cosines", "off_diagonal"]


def cosines(rows: Tensor, others: Tensor | None = None) -> Tensor:
    """Cosine of every row with every other row, (A, d) and (B, d) to (A, B), in float32 or wider; a zero row has 0.

    Args:
        rows: (A, d).
        others: (B, d); ``rows`` themselves by default.
    """
    two_dimensional("rows", rows)
    a = _unit(rows)
    if others is None:
        return a @ a.T
    return a @ _unit(two_dimensional("others", others, rows.shape[1])).T


def mixed_cosines(image: Tensor, text: Tensor, image_weight: float) -> Tensor:
    """``w cos(image) + (1 - w) cos(text)`` of the rows of a batch, (B, B).

    Args:
        image: (B, dx).
        text: (B, dy), the same items.
        image_weight: w in [0, 1].

    Raises:
        ValueError: the row counts differ.
    """
    if len(image) != len(text):
        raise ValueError(f"image and text must have one row per pair, got {len(image)} and {len(text)} rows")
    return image_weight * cosines(image) + (1 - image_weight) * cosines(text)


def off_diagonal(size: int, device: torch.device) -> Tensor:
    """A (size, size) mask of everything but the diagonal."""
    return ~torch.eye(size, dtype=torch.bool, device=device)


def _unit(rows: Tensor) -> Tensor:
    return normalize(rows.to(torch.promote_types(rows.dtype, torch.float32)), dim=1)
