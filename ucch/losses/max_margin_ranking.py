"""The bidirectional max-margin ranking loss, the ablation UCCH compares its own with."""

from __future__ import annotations

from math import inf

import torch
from torch import Tensor, nn

from .._checks import interval, same_shape, two_dimensional

__all__ = ["MaxMarginRankingLoss", "max_margin_ranking_loss"]


def max_margin_ranking_loss(h_image: Tensor, h_text: Tensor, *, margin: float = 0.2) -> Tensor:
    """Hinge on every pair that comes closer than the own one less a margin; see :class:`MaxMarginRankingLoss`."""
    two_dimensional("h_image", h_image)
    same_shape("h_image", h_image, "h_text", h_text)
    similarity = h_image @ h_text.T  # (B, B)
    similarity = similarity.to(torch.promote_types(similarity.dtype, torch.float32))
    own = similarity.diagonal()
    others = ~torch.eye(len(own), dtype=torch.bool, device=own.device)
    by_image = (margin + similarity - own[:, None]).clamp(min=0) * others
    by_text = (margin + similarity - own[None, :]).clamp(min=0) * others
    return (by_image.sum() + by_text.sum()) / max(1, len(own)) ** 2


class MaxMarginRankingLoss(nn.Module):
    """Push every other pair of the batch a margin below the own one, both directions.

    ``(1/B^2) sum_i sum_{j != i} max(0, margin + M_ij - M_ii)`` with M_ij = <h_i^image, h_j^text>, and the same over
    columns. Every pair inside the margin pushes with full force, false negatives too; prefer
    :class:`CrossModalRankingLoss`, against which the paper measures it.

    Args:
        margin: in [0, inf); the paper tries .1, .5 and .9, of which .9 did best. .2 here, as for its sibling.

    Shape:
        - ``h_image``, ``h_text``: (B, D), unit rows.
        - output: scalar, float32 or wider. Cost O(B^2 D).

    Raises:
        ValueError: ``margin`` is negative, or the inputs are not two matrices of one shape.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023, Eq. 6-7.

    Example:
        >>> h = torch.eye(2)
        >>> round(MaxMarginRankingLoss(margin=1.5)(h, h).item(), 4)  # 4 pairs of 0.5, over 2^2
        0.5
    """

    def __init__(self, margin: float = 0.2) -> None:
        super().__init__()
        self.margin = interval("margin", margin, 0.0, inf, open_high=True)

    def forward(self, h_image: Tensor, h_text: Tensor) -> Tensor:
        return max_margin_ranking_loss(h_image, h_text, margin=self.margin)

    def extra_repr(self) -> str:
        return f"margin={self.margin}"
