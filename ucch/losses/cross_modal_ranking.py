"""The cross-modal ranking loss: every other pair of the batch pushes, the far ones less."""

from __future__ import annotations

from math import inf

import torch
from torch import Tensor, nn

from .._checks import interval, positive, same_shape
from .ranking_similarities import Among, ranking_similarities

__all__ = ["CrossModalRankingLoss", "cross_modal_ranking_loss"]


def cross_modal_ranking_loss(
    h_image: Tensor,
    h_text: Tensor,
    *,
    margin: float = 0.2,
    shift: float = 0.1,
    kappa: float = 1.0,
    among: Among | None = None,
    targets: Tensor | None = None,
) -> Tensor:
    """Smooth bound of the bidirectional max-margin loss over all pairs; see :class:`CrossModalRankingLoss`."""
    by_image, by_text, first = ranking_similarities(h_image, h_text, among)
    if targets is not None:
        same_shape("targets", targets, "h_image h_text^T", by_image)
    total = by_image.new_zeros(())
    places = torch.arange(first, first + len(by_image), device=by_image.device)[:, None]
    for rows in (by_image, by_text):
        own = rows.diagonal(first)
        # gathered, since the mask of a diagonal is another one in the backward pass of torch 2.14's inductor on the CPU
        outside = rows.detach().gather(1, places) - rows.detach() > margin
        shifted = rows - shift * outside.to(rows.dtype)
        if targets is not None:
            own = (1 - targets.sum(dim=1)) * own + (targets * rows).sum(dim=1)
        total = total + (margin + kappa * torch.logsumexp(shifted / kappa, dim=1) - own).mean()
    return total


class CrossModalRankingLoss(nn.Module):
    """Rank each pair's own text above all texts of the batch, and its own image above all images.

    With M_ij = <h_i^image, h_j^text> and ``S_ij = M_ij``, less ``shift`` where ``M_ii - M_ij > margin``, a direction
    costs the batch mean of ``margin + kappa log sum_j exp(S_ij / kappa) - M_ii``; rows (images ask) and columns
    (texts ask) are added. All pairs push, so no single false negative decides; those already beyond the margin push
    less, by the factor exp(-shift / kappa).

    Args:
        margin: m in [0, inf); .2 as published. It moves the loss and decides who is shifted, never the gradient of
            the others.
        shift: eps in [0, inf), Eq. 8; .1 as in the published MIRFLICKR command (the published code's own default
            is 1, the paper only says above 0).
        kappa: softness of the maximum, above 0; 1 as in the published code.

    Shape:
        - ``h_image``, ``h_text``: (B, D), unit rows.
        - ``targets``: None, or (B, B) shares of each row's target that go to other pairs, rows adding up to at most 1,
          used in both directions: M_ii gives way to the mean of M_ij under that target, the margin stays at M_ii.
        - output: scalar, float32 or wider. At the start it is about 2 (ln B + margin). Cost O(B^2 D).
        - ``among``: where the pairs are a part of a batch shared by several processes, the whole of it; see
          :class:`~ucch.losses.Among`. The mean is then over the part.

    Raises:
        ValueError: an option is outside its range, or the inputs are not two matrices of one shape.

    Note:
        The sum includes j = i, as in the published code and as the bound needs: the term is then at least
        ``margin``. A pair exactly at the margin is not shifted. The mask carries no gradient.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023, Eq. 8 and 14.

    Example:
        >>> h = torch.eye(3)
        >>> round(CrossModalRankingLoss(margin=0.2, shift=0.0)(h, h).item(), 4)  # 2 (0.2 + ln(e + 2) - 1)
        1.5029
    """

    def __init__(self, margin: float = 0.2, shift: float = 0.1, kappa: float = 1.0) -> None:
        super().__init__()
        self.margin = interval("margin", margin, 0.0, inf, open_high=True)
        self.shift = interval("shift", shift, 0.0, inf, open_high=True)
        self.kappa = positive("kappa", kappa)

    def forward(
        self, h_image: Tensor, h_text: Tensor, among: Among | None = None, targets: Tensor | None = None
    ) -> Tensor:
        options = {"margin": self.margin, "shift": self.shift, "kappa": self.kappa}
        return cross_modal_ranking_loss(h_image, h_text, **options, among=among, targets=targets)

    def extra_repr(self) -> str:
        return f"margin={self.margin}, shift={self.shift}, kappa={self.kappa}"
