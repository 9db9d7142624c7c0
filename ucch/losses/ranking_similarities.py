"""What the ranking losses compare: the pairs of one process with those of all."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from .._checks import same_shape, two_dimensional

__all__ = ["Among", "ranking_similarities"]


class Among(NamedTuple):
    """The whole of a batch that several processes share.

    Args:
        image, text: (B, D) queries of all processes, gathered with their gradients.
        first: place of the own pairs in them, which are consecutive.
    """

    image: Tensor
    text: Tensor
    first: int


def ranking_similarities(h_image: Tensor, h_text: Tensor, among: Among | None) -> tuple[Tensor, Tensor, int]:
    """Similarities of each image with all texts and of each text with all images.

    Args:
        h_image, h_text: (b, D) queries of the pairs.
        among: the batch they are a part of; None where they are all of it.

    Returns:
        Two (b, B) matrices in float32 or wider, and the place of the own pairs: row i has its partner in column
        place + i.

    Raises:
        ValueError: the inputs are not matrices of one shape, or the batch does not hold the pairs' places.
    """
    two_dimensional("h_image", h_image)
    same_shape("h_image", h_image, "h_text", h_text)
    if among is None:
        similarity = h_image @ h_text.T  # (B, B)
        similarity = similarity.to(torch.promote_types(similarity.dtype, torch.float32))
        return similarity, similarity.T, 0
    two_dimensional("among.image", among.image, h_image.shape[1])
    same_shape("among.image", among.image, "among.text", among.text)
    if not 0 <= among.first <= len(among.image) - len(h_image):
        raise ValueError(
            f"among.first must place {len(h_image)} pairs in a batch of {len(among.image)}, got {among.first}"
        )
    by_image, by_text = h_image @ among.text.T, h_text @ among.image.T  # (b, B)
    wide = torch.promote_types(by_image.dtype, torch.float32)
    return by_image.to(wide), by_text.to(wide), among.first
