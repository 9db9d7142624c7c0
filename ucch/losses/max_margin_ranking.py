"""The bidirectional max-margin ranking loss, the ablation UCCH compares its own with."""

from __future__ import annotations

from math import inf

import torch
from torch import Tensor, nn

from .._checks import interval
from .ranking_similarities import Among, ranking_similarities

__all__ = ["MaxMarginRankingLoss", "max_margin_ranking_loss"]


def max_margin_ranking_loss(
    h_image: Tensor, h_text: Tensor, *, margin: float = 0.2, among: Among | None = None
) -> Tensor:
    """Hinge on every pair that comes closer than the own one less a margin; see :class:`MaxMarginRankingLoss`."""
    by_image, by_text, first = ranking_similarities(h_image, h_text, among)
    own = by_image.diagonal(first)
    others = torch.ones_like(by_image, dtype=torch.bool)
    others.diagonal(first).fill_(False)
    hinges = [(margin + rows - own[:, None]).clamp(min=0) * others for rows in (by_image, by_text)]
    return (hinges[0].sum() + hinges[1].sum()) / max(1, by_image.numel())


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
        - ``among``: as of :class:`CrossModalRankingLoss`.

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

    def forward(self, h_image: Tensor, h_text: Tensor, among: Among | None = None) -> Tensor:
        return max_margin_ranking_loss(h_image, h_text, margin=self.margin, among=among)

    def extra_repr(self) -> str:
        return f"margin={self.margin}"
