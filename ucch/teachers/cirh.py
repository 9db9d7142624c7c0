"""The similarity of CIRH: nearest neighbours only, mixed with a normalised graph of them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .._checks import interval
from .cosines import mixed_cosines

__all__ = ["cirh_similarity"]


def cirh_similarity(
    image: Tensor, text: Tensor, *, image_weight: float = 0.6, kept_share: float = 0.4, graph_share: float = 0.4
) -> Tensor:
    """Keep each row's largest mixed cosines and add the normalised graph they make.

    ``S1 = w cos(image) + (1 - w) cos(text)`` with all but the largest of each row 0,
    ``A = 2 / (1 + exp(-S1)) - 1 + I``, ``S2 = D^-1/2 A D^-1/2`` with D the row sums of ``abs(A)``, and
    ``S = (1 - g) S1 + g S2``.

    Args:
        image: (B, dx) features of a batch.
        text: (B, dy), the same items.
        image_weight: w in [0, 1]; published .6.
        kept_share: share of a row that is kept, in [0, 1]; published 2,000 of 5,000.
        graph_share: g in [0, 1]; published .4.

    Returns:
        (B, B), float32 or wider, not symmetric, since rows keep different others. O(B^2 (dx + dy) + B^2 log B).

    Note:
        Over the batch, where the published code keeps an N x N matrix. Absolute row sums, so that a negative cosine
        cannot turn a degree negative; the published features have none.

    Reference:
        Zhu, Wu, Li, Zhang, Xu and Shen, "Work Together: Correlation-Identity Reconstruction Hashing for Unsupervised
        Cross-modal Retrieval", IEEE TKDE 2022; values from its code.

    Example:
        >>> cirh_similarity(torch.eye(2), torch.eye(2), graph_share=0.0)
        tensor([[1., 0.],
                [0., 1.]])
    """
    interval("image_weight", image_weight, 0.0, 1.0)
    interval("kept_share", kept_share, 0.0, 1.0)
    interval("graph_share", graph_share, 0.0, 1.0)
    full = mixed_cosines(image, text, image_weight)
    n_kept = math.ceil(kept_share * len(full))
    largest = full.topk(n_kept, dim=1)
    near = torch.zeros_like(full).scatter_(1, largest.indices, largest.values)
    graph = 2 * torch.sigmoid(near) - 1 + torch.eye(len(near), dtype=near.dtype, device=near.device)
    degree = graph.abs().sum(dim=1).rsqrt()
    return (1 - graph_share) * near + graph_share * degree[:, None] * graph * degree[None, :]
