"""Weighted contrastive learning: several positives, each counting as much as its labels agree."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, normalize

from .._checks import interval, positive, two_dimensional
from .label_similarity import compact_label_similarity

__all__ = ["WeightedContrastiveLoss", "weighted_contrastive_loss"]


def weighted_contrastive_loss(
    query: Tensor,
    key: Tensor,
    similarity: Tensor,
    *,
    temperature: float = 0.2,
    bandwidth: float = 0.5,
    nonlinear_weight: float = 1.0,
) -> Tensor:
    """One direction: queries among keys, positives weighed by ``similarity``; see :class:`WeightedContrastiveLoss`."""
    two_dimensional("query", query)
    two_dimensional("key", key, query.shape[1])
    if similarity.shape != (len(query), len(key)):
        raise ValueError(
            f"similarity must have one row per query and one column per key, {(len(query), len(key))},"
            f" got shape {tuple(similarity.shape)}"
        )
    wide = torch.promote_types(query.dtype, torch.float32)
    cosine = normalize(query.to(wide), dim=1) @ normalize(key.to(wide), dim=1).T  # (B, K)
    weight = similarity.to(wide)
    loss = _mean_over_positives(cosine / temperature, weight)
    if nonlinear_weight > 0:
        kernel = torch.exp((cosine - 1) / bandwidth)  # exp(-|a - b|^2 / (2 bandwidth)) of unit rows
        curved = torch.expm1(weight) / torch.expm1(weight.new_ones(()))
        loss = loss + nonlinear_weight * _mean_over_positives(kernel / temperature, curved)
    return loss


class WeightedContrastiveLoss(nn.Module):
    """Find the items whose labels agree, the better they agree the more it counts.

    With s_ij the :func:`~ucch.losses.compact_label_similarity` of two labels and P(i) = {j : s_ij > 0}, the direction
    from modality a to b costs, averaged over rows that have a label,
    ``-(1 / sum_P w_ij) sum_P w_ij log(exp(f_ij / T) / sum_m exp(f_im / T))``, once linear, with f the cosine and w = s,
    and once non-linear, with f = exp((cos - 1) / bandwidth) and w = (e^s - 1) / (e - 1). Both directions are added.

    Args:
        temperature: T above 0; .2.
        bandwidth: sigma^2 of the Gaussian kernel, above 0; .5.
        nonlinear_weight: eta in [0, inf), weight of the non-linear part; 1.

    Shape:
        - ``h_image``, ``h_text``: (B, D) real outputs of any length; they are compared by cosine.
        - ``label``: (B, C) multi-hot, bool or 0/1. A row without a label is skipped: it neither asks nor answers.
        - output: scalar, float32 or wider; 0 where no row has a label. Cost O(B^2 (D + C)).

    Raises:
        ValueError: an option is outside its range, or shapes do not fit.

    Note:
        **A reconstruction**: the paper's abstract says that positives are weighed by multi-label similarity under a
        linear and a non-linear similarity. Every equation and default here is ours, and no number measured with it is
        MLWCH's.

    Reference:
        Yi et al., "Multi-Label Weighted Contrastive Cross-Modal Hashing", Applied Sciences 14(1), 2024 (idea).

    Example:
        >>> h = torch.eye(2)
        >>> loss = WeightedContrastiveLoss(temperature=1.0, nonlinear_weight=0.0)
        >>> round(loss(h, h, torch.eye(2)).item(), 4)  # 2 ln(1 + 1/e)
        0.6265
    """

    def __init__(self, temperature: float = 0.2, bandwidth: float = 0.5, nonlinear_weight: float = 1.0) -> None:
        super().__init__()
        self.temperature = positive("temperature", temperature)
        self.bandwidth = positive("bandwidth", bandwidth)
        self.nonlinear_weight = interval("nonlinear_weight", nonlinear_weight, 0.0, float("inf"), open_high=True)

    def forward(self, h_image: Tensor, h_text: Tensor, label: Tensor) -> Tensor:
        two_dimensional("label", label)
        if not len(h_image) == len(h_text) == len(label):
            raise ValueError(
                "h_image, h_text and label must have one row per pair,"
                f" got {len(h_image)}, {len(h_text)} and {len(label)} rows"
            )
        similarity = compact_label_similarity(label, label)
        labelled = label.any(dim=1)
        image, text, similarity = h_image[labelled], h_text[labelled], similarity[labelled][:, labelled]
        return self.direction(image, text, similarity) + self.direction(text, image, similarity)

    def direction(self, query: Tensor, key: Tensor, similarity: Tensor) -> Tensor:
        """One direction: (B, D) queries among (K, D) keys, such as the codes of a table, with (B, K) similarities."""
        return weighted_contrastive_loss(
            query,
            key,
            similarity,
            temperature=self.temperature,
            bandwidth=self.bandwidth,
            nonlinear_weight=self.nonlinear_weight,
        )

    def extra_repr(self) -> str:
        return f"temperature={self.temperature}, bandwidth={self.bandwidth}, nonlinear_weight={self.nonlinear_weight}"


def _mean_over_positives(logits: Tensor, weight: Tensor) -> Tensor:
    """Mean over the rows with a positive of the weighted mean of ``-log softmax``; 0 where there is none."""
    total = weight.sum(dim=1)  # (B,)
    if logits.numel() == 0:
        return logits.sum()
    row = -(weight * log_softmax(logits, dim=1)).sum(dim=1) / total.clamp(min=torch.finfo(total.dtype).tiny)
    return row.sum() / (total > 0).sum().clamp(min=1)
