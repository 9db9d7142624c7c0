"""What objectives that rebuild a similarity share: how far cosines of outputs are from it."""

from __future__ import annotations

from torch import Tensor

from ...teachers.cosines import cosines

__all__ = ["rebuilding_errors"]


def rebuilding_errors(image: Tensor, text: Tensor, similarity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean squared differences between cosines of outputs and a similarity: image-image, image-text, text-text.

    Args:
        image, text: (B, D) outputs of a batch.
        similarity: (B, B).
    """
    sides = (cosines(image), cosines(image, text), cosines(text))
    within, across, beside = ((side - similarity).square().mean() for side in sides)
    return within, across, beside
