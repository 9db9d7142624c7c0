"""``unihash``: labels as a bridge between the modalities, by a shared encoder."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor

from ...binarize import tanh_query
from ...data import NegativeLabelGenerator, Pairs
from ...losses import LabelCorrelationLoss, PairwiseLikelihoodLoss, labels_overlap
from ...models import HashTower, UnifiedEncoder
from ...recipe.recipe import Recipe
from ..strategies import Batch, Strategy
from .label_objective import LabelObjective

__all__ = ["UniHashObjective"]


class UniHashObjective(LabelObjective):
    """Label correlation in both directions, plus the pairwise likelihood of sharing a class.

    ``L = pair_weight L_pair + L_to_label + L_from_label`` over both modalities, with outputs tanh(u) as published, or,
    by ``outputs = "query"``, the queries of any optimizer at the length of a code, so that losses and table see the
    same. A row that carries every class has no negative label and leaves the label correlation out.

    Reference:
        Wu et al., "Contrastive Label Correlation Enhanced Unified Hashing Encoder for Cross-modal Retrieval", CIKM
        2022.
    """

    def __init__(self, recipe: Recipe, pairs: Pairs, *, generator: torch.Generator) -> None:
        super().__init__(recipe, pairs, generator=generator)
        section = recipe.unihash
        widths = (pairs.image.shape[1], pairs.text.shape[1], self.label.shape[1])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.encoder = UnifiedEncoder(*widths, recipe.bits, width=recipe.model.width, n_layers=section.n_layers)
        self.negatives = NegativeLabelGenerator(self.label, section.n_label_negatives, generator=generator)
        self.correlation = LabelCorrelationLoss(section.label_temperature, section.reduction)
        self.pairwise = PairwiseLikelihoodLoss(reduction=section.reduction)

    @classmethod
    def passes_queries_by(cls, recipe: Recipe) -> bool:
        return recipe.unihash.outputs == "tanh"

    def towers(self) -> tuple[HashTower, HashTower]:
        return self.encoder.image_tower, self.encoder.text_tower

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        image, text = self._outputs(batch)
        directions = self.comparisons(image, text, batch.index, strategy)
        pair = torch.stack(
            [self.pairwise(one.query, one.key, labels_overlap(one.query_label, one.key_label)) for one in directions]
        ).mean()
        return self.recipe.unihash.pair_weight * pair + self._label_correlation(image, text, self.label[batch.index])

    def _outputs(self, batch: Batch) -> tuple[Tensor, Tensor]:
        if self.recipe.unihash.outputs == "tanh":
            return torch.tanh(batch.u_image.float()), torch.tanh(batch.u_text.float())
        length = sqrt(batch.h_image.shape[1])
        return length * batch.h_image, length * batch.h_text

    def _label_correlation(self, image: Tensor, text: Tensor, label: Tensor) -> Tensor:
        kept = label.any(dim=1) & ~label.all(dim=1)
        own = label[kept]
        negatives = self.negatives(own.cpu()).to(own.device)
        together = torch.cat([own[:, None], negatives], dim=1)  # (B, 1 + N, C)
        u = self.encoder.label(together).float()
        if self.recipe.unihash.outputs == "tanh":
            g = torch.tanh(u)
        else:
            g = tanh_query(u.flatten(0, 1)).reshape(u.shape) * sqrt(u.shape[2])
        loss: Tensor = self.correlation(image[kept], text[kept], g[:, 0], g[:, 1:])
        return loss
