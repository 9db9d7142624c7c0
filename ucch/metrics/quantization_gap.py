"""What binarization loses: real outputs against the codes they become."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .._checks import same_shape, two_dimensional
from ..codes import sign

__all__ = ["QuantizationGap", "quantization_gap"]


@dataclass(frozen=True)
class QuantizationGap:
    """The distance between outputs and their codes.

    Attributes:
        entry: mean ``| sqrt(D) |h_d| - 1 |`` of the unit-norm outputs of both modalities: 0 where every output
            already is a code.
        similarity: mean over all image-text pairs of ``| cos(h_i, h_j) - sign(h_i) . sign(h_j) / D |``: how far the
            similarity that is trained lies from the one that is searched.
    """

    entry: float
    similarity: float


def quantization_gap(image: Tensor, text: Tensor) -> QuantizationGap:
    """Measure how far real outputs of two modalities stand from their codes.

    Args:
        image: real outputs (B, D), of any length; rows are brought to unit norm.
        text: real outputs (B, D).

    Returns:
        Both gaps. Cost: O(B^2 D) time and O(B^2) memory; pass a sample of a few thousand rows.

    Raises:
        ValueError: the shapes differ, or a value is not finite.
    """
    two_dimensional("image", image)
    same_shape("image", image, "text", text)
    for name, side in (("image", image), ("text", text)):
        if not bool(torch.isfinite(side).all()):
            row = int(torch.nonzero(~torch.isfinite(side).all(dim=1))[0])
            raise ValueError(f"{name} must be finite, got NaN or infinity in row {row}")
    n_bits = image.shape[1]
    with torch.no_grad():
        sides = [torch.nn.functional.normalize(side.double(), dim=1) for side in (image, text)]
        entry = torch.stack([(side.abs() * n_bits**0.5 - 1).abs().mean() for side in sides]).mean()
        codes = [sign(side) for side in sides]
        similarity = (sides[0] @ sides[1].T - codes[0] @ codes[1].T / n_bits).abs().mean()
    return QuantizationGap(float(entry), float(similarity))
