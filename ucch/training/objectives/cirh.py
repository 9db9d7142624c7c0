"""``cirh``: towers learn codes that a graph autoencoder found."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...data import Pairs
from ...recipe.recipe import Recipe
from ..strategies import Batch, Strategy
from .cirh_codes import batch_similarity, cirh_codes
from .objective import Objective
from .rebuilding import rebuilding_errors

__all__ = ["CirhObjective"]


class CirhObjective(Objective):
    """``|f_I - C|^2 + |f_T - C|^2 + |f_I - f_T|^2 + w sum |cos - S|^2``, means, f = tanh(u).

    C are the target codes of :func:`~ucch.training.objectives.cirh_codes.cirh_codes`, found once from all training
    pairs, S :func:`~ucch.teachers.cirh_similarity` of the batch. The published code pairs shuffled items with
    contiguous rows of S; here each has its own.

    Attributes:
        target: (n, D) of +-1.

    Reference:
        Zhu, Wu, Li, Zhang, Xu and Shen, "Work Together: Correlation-Identity Reconstruction Hashing for Unsupervised
        Cross-modal Retrieval", IEEE TKDE 2022.
    """

    target: Tensor

    def __init__(self, recipe: Recipe, pairs: Pairs, *, generator: torch.Generator) -> None:
        super().__init__(recipe, pairs, generator=generator)
        texts = pairs.draw_rows("text", torch.arange(len(pairs)), generator).numpy()
        image, text = (torch.from_numpy(np.array(rows)) for rows in (pairs.image, pairs.text[texts]))
        target = cirh_codes(image, text, recipe.bits, recipe.cirh, seed=recipe.seed, generator=generator)
        self.register_buffer("target", target, persistent=False)

    @classmethod
    def passes_queries_by(cls, recipe: Recipe) -> bool:
        return True

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        image, text = torch.tanh(batch.u_image.float()), torch.tanh(batch.u_text.float())
        target = self.target[batch.index]
        fit = sum((a - b).square().mean() for a, b in ((image, target), (text, target), (image, text)))
        similarity = batch_similarity(batch.image, batch.text, self.recipe.cirh)
        rebuilt = torch.stack(rebuilding_errors(image, text, similarity)).sum()
        return fit + self.recipe.cirh.structure_weight * rebuilt
