"""The pairwise likelihood: related pairs should agree, unrelated pairs should not, by their inner product."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .._checks import one_of, positive, two_dimensional

__all__ = ["PairwiseLikelihoodLoss", "pairwise_likelihood_loss"]

REDUCTIONS = ("mean", "sum")


def pairwise_likelihood_loss(
    query: Tensor, key: Tensor, related: Tensor, *, scale: float = 0.5, reduction: str = "mean"
) -> Tensor:
    """Negative log likelihood of who is related to whom; see :class:`PairwiseLikelihoodLoss`."""
    two_dimensional("query", query)
    two_dimensional("key", key, query.shape[1])
    if related.shape != (len(query), len(key)):
        raise ValueError(
            f"related must have one row per query and one column per key, {(len(query), len(key))},"
            f" got shape {tuple(related.shape)}"
        )
    theta = query @ key.to(query.dtype).T  # (B, K)
    theta = theta.to(torch.promote_types(theta.dtype, torch.float32)) * scale
    total = (softplus(theta) - related.to(theta.dtype) * theta).sum()
    return total / max(1, related.numel()) if reduction == "mean" else total


class PairwiseLikelihoodLoss(nn.Module):
    """Make inner products of outputs say whether two items share a class.

    With ``theta_ij = scale <h_i, h_j>`` and S_ij = 1 for related items, the loss is
    ``-sum_ij (S_ij theta_ij - log(1 + exp(theta_ij)))``, the logistic loss of every query with every key. UniHash
    takes images as queries and texts as keys; the codes of a table serve as keys just as well.

    Args:
        scale: slope on the inner product, above 0; .5 as published.
        reduction: ``"mean"`` (default) divides by the number of pairs, so that the value does not depend on the batch
            size; ``"sum"`` is the published form, which grows as B^2 while the contrastive terms beside it grow as B.
            The mean times B B' weighs as the sum did at a batch of B: 64 as published.

    Shape:
        - ``query``: (B, D), entries in [-1, 1] as tanh gives them, not unit rows.
        - ``key``: (K, D), likewise, or +-1.
        - ``related``: (B, K), bool or 0/1; :func:`~ucch.losses.labels_overlap` makes it.
        - output: scalar, float32 or wider; ln 2 per pair where outputs are orthogonal. An empty side costs 0.
          Cost O(B K D).

    Raises:
        ValueError: an option is outside its range, or shapes do not fit.

    Note:
        ``log(1 + exp(theta))`` is computed as softplus in both forms; the published code's bare exponential overflows
        in float32 from theta = 89 on, which 178 bits reach. Where it does not, the values are equal.

    Reference:
        Wu et al., "Contrastive Label Correlation Enhanced Unified Hashing Encoder for Cross-modal Retrieval", CIKM
        2022, as its code has it.

    Example:
        >>> h = torch.tensor([[1.0, 1.0], [1.0, -1.0]])
        >>> round(PairwiseLikelihoodLoss()(h, h, torch.eye(2)).item(), 4)  # (2 ln(1 + 1/e) + 2 ln 2) / 4
        0.5032
    """

    def __init__(self, scale: float = 0.5, reduction: str = "mean") -> None:
        super().__init__()
        self.scale = positive("scale", scale)
        self.reduction = one_of("reduction", reduction, REDUCTIONS)

    def forward(self, query: Tensor, key: Tensor, related: Tensor) -> Tensor:
        return pairwise_likelihood_loss(query, key, related, scale=self.scale, reduction=self.reduction)

    def extra_repr(self) -> str:
        return f"scale={self.scale}, reduction={self.reduction!r}"
