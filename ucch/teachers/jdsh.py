"""The joint-modal similarity of JDSH, sharpened by where a value stands in the distribution of all."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from .._checks import interval, two_dimensional
from .cosines import cosines, off_diagonal

__all__ = ["Thresholds", "fit_thresholds", "jdsh_joint", "jdsh_similarity"]


@dataclass(frozen=True)
class Thresholds:
    """Where values of the joint similarity count as low and as high, and the ends of their range."""

    left: float
    right: float
    low: float
    high: float


def jdsh_joint(
    image: Tensor, text: Tensor, *, image_weight: float = 0.5, text_weight: float = 0.1, cross_weight: float = 0.4
) -> Tensor:
    """``S' = a S_I + b S_T + c (S_h + S_h^T) / 2``, (B, B), before sharpening.

    ``S_m = 2 cos(F_m) - 1`` and ``S_h = unit(S_I) unit(S_T)^T``, unit making rows of length 1: how alike item i sees
    the batch by image and item j by text.

    Args:
        image: (B, dx) features of a batch.
        text: (B, dy), the same items.
        image_weight, text_weight, cross_weight: a, b and c; published .5, .1, .4 on MIRFLICKR, .4, .3, .3 on NUS-WIDE.
    """
    if len(image) != len(text):
        raise ValueError(f"image and text must have one row per pair, got {len(image)} and {len(text)} rows")
    by_image, by_text = 2 * cosines(image) - 1, 2 * cosines(text) - 1
    cross = normalize(by_image, dim=1) @ normalize(by_text, dim=1).T
    return image_weight * by_image + text_weight * by_text + cross_weight * (cross + cross.T) / 2


def fit_thresholds(joint: Tensor, *, left: float = 0.05, right: float = 0.8) -> Thresholds:
    """Fit the thresholds of :func:`jdsh_similarity` as quantiles.

    The published values are constants found on one data set's features. **A reconstruction**: quantiles stand for
    them, so that other features can be used.

    Args:
        joint: (B, B), the result of :func:`jdsh_joint` on a sample of training pairs; its diagonal is not looked at.
        left, right: shares of the pairs below the low and below the high threshold.

    Raises:
        ValueError: ``joint`` has fewer than two rows, or not ``0 <= left <= right <= 1``.
    """
    two_dimensional("joint", joint, len(joint))
    if len(joint) < 2:
        raise ValueError(f"joint must compare at least two items, got shape {tuple(joint.shape)}")
    interval("left", left, 0.0, right)
    interval("right", right, left, 1.0)
    values = joint[off_diagonal(len(joint), joint.device)].sort().values
    last = len(values) - 1  # by hand, since torch.quantile refuses more than 2^24 values
    places = [round(share * last) for share in (left, right, 0.0, 1.0)]
    return Thresholds(*values[torch.tensor(places)].tolist())


def jdsh_similarity(
    image: Tensor,
    text: Tensor,
    thresholds: Thresholds,
    *,
    image_weight: float = 0.5,
    text_weight: float = 0.1,
    cross_weight: float = 0.4,
    pull_low: float = 0.1,
    pull_high: float = 0.2,
    scale: float = 1.4,
) -> Tensor:
    """Joint similarity in which low and high values are drawn further out.

    A value s of :func:`jdsh_joint` below ``left`` becomes ``s (1 + g1 exp(-(s - low)))``, one above ``right``
    ``s (1 + g2 exp(s - high))``; then all are multiplied by ``scale``.

    Args:
        image: (B, dx) features of a batch.
        text: (B, dy), the same items.
        thresholds: published as constants, here of :func:`fit_thresholds`.
        image_weight, text_weight, cross_weight: of :func:`jdsh_joint`.
        pull_low, pull_high: g1 and g2; published .1 and .2.
        scale: published 1.4.

    Returns:
        (B, B), symmetric, float32 or wider; O(B^2 (dx + dy + B)).

    Note:
        A value between ``right`` and 0 is moved down, not up, as by the published formula.

    Reference:
        Liu, Qian, Guan, Zhan and Ye, "Joint-modal Distribution-based Similarity Hashing for Large-scale Unsupervised
        Deep Cross-modal Retrieval", SIGIR 2020; values from its code.

    Example:
        >>> wide = Thresholds(left=-2.0, right=2.0, low=-2.0, high=2.0)
        >>> jdsh_similarity(torch.eye(2), torch.eye(2), wide, scale=1.0)
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    joint = jdsh_joint(image, text, image_weight=image_weight, text_weight=text_weight, cross_weight=cross_weight)
    low = joint * (1 + pull_low * torch.exp(thresholds.low - joint))
    high = joint * (1 + pull_high * torch.exp(joint - thresholds.high))
    return scale * torch.where(joint < thresholds.left, low, torch.where(joint > thresholds.right, high, joint))
