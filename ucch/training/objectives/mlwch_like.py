"""``mlwch-like``: contrastive learning with several positives, weighted by how far labels agree."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor

from ...codes import sign
from ...data import Pairs
from ...losses import WeightedContrastiveLoss, compact_label_similarity
from ...recipe.recipe import Recipe
from ..strategies import Batch, Strategy
from .label_objective import LabelObjective

__all__ = ["MlwchLikeObjective"]


class MlwchLikeObjective(LabelObjective):
    """Linear and non-linear weighted contrastive loss, both directions, plus a quantisation penalty.

    ``L = sum of directions (L_linear + nonlinear_weight L_nonlinear) + quantization_weight mean (x - sign(x))^2``, x
    the queries at the length of a code, sqrt(D).

    Note:
        **A reconstruction** from the paper's abstract; see :class:`~ucch.losses.WeightedContrastiveLoss`.

    Reference:
        Yi et al., "Multi-Label Weighted Contrastive Cross-Modal Hashing", Applied Sciences 14(1), 2024 (idea).
    """

    def __init__(self, recipe: Recipe, pairs: Pairs, *, generator: torch.Generator) -> None:
        super().__init__(recipe, pairs, generator=generator)
        section = recipe.mlwch_like
        self.weighted = WeightedContrastiveLoss(
            section.contrast_temperature, section.bandwidth, section.nonlinear_weight
        )

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        length = sqrt(batch.h_image.shape[1])
        image, text = length * batch.h_image, length * batch.h_text
        loss = image.new_zeros(())
        for one in self.comparisons(image, text, batch.index, strategy):
            similarity = compact_label_similarity(one.query_label, one.key_label)
            loss = loss + self.weighted.direction(one.query, one.key, similarity)
        gap = sum((x - sign(x)).square().mean() for x in (image, text)) / 2
        return loss + self.recipe.mlwch_like.quantization_weight * gap
