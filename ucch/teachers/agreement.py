"""How far two modalities agree on who is alike: the label-free measure of what a teacher can know."""

from __future__ import annotations

import torch
from torch import Tensor

from .._checks import interval
from .cosines import cosines

__all__ = ["neighbor_lift"]


def neighbor_lift(image: Tensor, text: Tensor, *, share: float = 0.05) -> float:
    """How much more often than by chance an item's nearest by image are its nearest by text too.

    Args:
        image: (n, dx) features of a sample of training items.
        text: (n, dy), the same items.
        share: in (0, 1], of the sample that counts as near.

    Returns:
        The mean overlap of the k nearest by either modality over k^2 / (n - 1), its expectation for modalities that
        have nothing to do with one another: 1 there, (n - 1) / k where they agree throughout. O(n^2 (dx + dy)).

    Example:
        >>> rows = torch.eye(4)[[0, 0, 1, 1]]
        >>> neighbor_lift(rows, rows, share=0.25)  # one neighbour each, always the same
        3.0
    """
    interval("share", share, 0.0, 1.0)
    check_items(image, text)
    by_image, by_text = (nearest_mask(cosines(features), share) for features in (image, text))
    n, k = len(image), int(by_image[0].sum())
    return float((by_image & by_text).sum(dim=1).double().mean() / (k * k / (n - 1)))


def nearest_mask(similarity: Tensor, share: float) -> Tensor:
    """Mark in each row of an (n, n) similarity the ``share`` of others that are largest, at least one: (n, n) bool."""
    n = len(similarity)
    k = min(n - 1, max(1, round(share * n)))
    others = similarity.clone().fill_diagonal_(float("-inf"))
    mask = torch.zeros_like(others, dtype=torch.bool)
    return mask.scatter_(1, others.topk(k, dim=1).indices, True)


def check_items(image: Tensor, text: Tensor) -> None:
    """Refuse features that are not of the same two items or more."""
    if len(image) != len(text) or len(image) < 2:
        raise ValueError(
            f"image and text must have one row per item and at least two, got {len(image)} and {len(text)} rows"
        )
