"""The joint-semantics affinity of DJSRH."""

from __future__ import annotations

from torch import Tensor

from .._checks import interval, positive
from .cosines import mixed_cosines

__all__ = ["djsrh_similarity"]


def djsrh_similarity(
    image: Tensor, text: Tensor, *, image_weight: float = 0.6, second_order: float = 0.4, scale: float = 1.5
) -> Tensor:
    """Mix both modalities' similarities with how alike their rows are.

    With ``S_m = 2 cos(F_m) - 1`` and ``S~ = w S_image + (1 - w) S_text``, the result is
    ``scale ((1 - e) S~ + e S~ S~^T / B)``.

    Args:
        image: (B, dx) features of a batch.
        text: (B, dy), the same items.
        image_weight: w in [0, 1]; published .9 on MIRFLICKR, .6 on NUS-WIDE, .3 on Wikipedia.
        second_order: e in [0, 1]; published .4.
        scale: above 0; published 1.5.

    Returns:
        (B, B), symmetric, float32 or wider; O(B^2 (dx + dy + B)).

    Raises:
        ValueError: an option is outside its range, or shapes do not fit.

    Reference:
        Su, Zhong and Zhang, "Deep Joint-Semantics Reconstructing Hashing for Large-Scale Unsupervised Cross-Modal
        Retrieval", ICCV 2019; values from its code.

    Example:
        >>> import torch
        >>> djsrh_similarity(torch.eye(2), torch.eye(2), second_order=0.0, scale=1.0)
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    interval("image_weight", image_weight, 0.0, 1.0)
    interval("second_order", second_order, 0.0, 1.0)
    positive("scale", scale)
    joint = 2 * mixed_cosines(image, text, image_weight) - 1
    return scale * ((1 - second_order) * joint + second_order * joint @ joint.T / max(1, len(joint)))
