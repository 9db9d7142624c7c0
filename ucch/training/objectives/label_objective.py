"""What every objective with labels shares: the labels of the rows, and what outputs are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...data import Pairs
from ...recipe.recipe import Recipe
from ..strategies import Strategy
from ..training_labels import training_labels
from .objective import Objective

__all__ = ["Comparison", "LabelObjective"]


@dataclass(frozen=True)
class Comparison:
    """One direction: (B, D) queries of a modality, (K, D) keys, and the multi-hot labels of both."""

    query: Tensor
    key: Tensor
    query_label: Tensor
    key_label: Tensor


class LabelObjective(Objective):
    """Cost of a batch by its labels; a subclass says how.

    Rows without a label are skipped: they neither ask nor answer.

    Args:
        recipe: all choices; ``recipe.labels`` is common to all, a section of its own what an objective alone has.
        pairs: training pairs.
        generator: source of everything drawn while training, on the CPU.

    Attributes:
        label: (n, C) bool multi-hot of the training rows.
    """

    label: Tensor

    def __init__(self, recipe: Recipe, pairs: Pairs, *, generator: torch.Generator) -> None:
        super().__init__(recipe, pairs, generator=generator)
        self.register_buffer("label", training_labels(recipe, pairs), persistent=False)
        self.labelled_rows = self.label.any(dim=1).nonzero().squeeze(1)

    @property
    def ucch_weight(self) -> float:
        return self.recipe.labels.ucch_weight

    def comparisons(self, h_image: Tensor, h_text: Tensor, index: Tensor, strategy: Strategy) -> list[Comparison]:
        """Both directions of labelled rows: against each other, or each against codes of the table after warm-up.

        Args:
            h_image, h_text: (B, D) outputs at the length of a code, sqrt(D).
            index: (B,) their table rows.
            strategy: owner of the table.
        """
        label = self.label[index]
        kept = label.any(dim=1)
        image, text, label = h_image[kept], h_text[kept], label[kept]
        if self.recipe.labels.against == "batch" or strategy.warming_up:
            return [Comparison(image, text, label, label), Comparison(text, image, label, label)]
        rows = self._table_rows(index[kept])
        codes = _table_codes(strategy, rows)
        return [Comparison(query, codes, label, self.label[rows]) for query in (image, text)]

    def _table_rows(self, own: Tensor) -> Tensor:
        """The rows of the batch and others, drawn among the labelled ones: all where the table is small."""
        labelled, n_others = self.labelled_rows, self.recipe.table.n_negatives
        if n_others >= len(labelled):
            return labelled.to(own.device)
        drawn = torch.randint(len(labelled), (n_others,), generator=self.generator)
        return torch.cat([own, labelled[drawn].to(own.device)])


def _table_codes(strategy: Strategy, rows: Tensor) -> Tensor:
    """Codes of table rows, constants of length sqrt(D); the latent rows themselves where keys are no signs."""
    if strategy.binarize:
        return strategy.bank.codes(rows)
    latent = strategy.bank.latent.detach()[rows]
    return normalize(latent, dim=1) * sqrt(latent.shape[1])
