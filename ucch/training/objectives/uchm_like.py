"""``uchm-like``: outputs whose cosines are the teacher's similarities, near unified codes by bit selection."""

from __future__ import annotations

import torch
from torch import Tensor

from ...binarize import select_bits
from ...data import Pairs
from ...errors import RecipeError
from ...recipe.recipe import Recipe
from ...teachers import Teacher, cosines
from ..strategies import Batch, Strategy
from .objective import Objective

__all__ = ["UchmLikeObjective"]


class UchmLikeObjective(Objective):
    """Fit cosines to the teacher's similarity, pull pairs together, and quantise towards selected bits.

    ``L = sum over II, TT, IT of mean_ij (cos(H_a, H_b) - S)^2 + mean_i (1 - cos(h_i^image, h_i^text))
    + bit_weight sum over both of |H - Bin|^2 / B``, H = tanh(u), Bin of :func:`~ucch.binarize.select_bits`, constant.

    Note:
        **A reconstruction**, every line: only the abstract of UCHM is public. No number made with it is UCHM's.

    Reference:
        Tu et al., "Unsupervised Cross-Modal Hashing With Modality-Interaction", IEEE TCSVT 33, 2023 (idea).
    """

    def __init__(self, recipe: Recipe, pairs: Pairs, *, generator: torch.Generator) -> None:
        super().__init__(recipe, pairs, generator=generator)
        if recipe.teacher.similarity == "none":
            raise RecipeError(
                "recipe uchm-like learns from a teacher, got teacher.similarity none; set mie or joint-semantics"
            )
        self.teacher: Teacher | None = None

    def guided_by(self, teacher: Teacher) -> None:
        self.teacher = teacher

    @classmethod
    def passes_queries_by(cls, recipe: Recipe) -> bool:
        return True

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        assert self.teacher is not None, "the trainer hands the teacher over"
        section = self.recipe.uchm_like
        image, text = torch.tanh(batch.u_image.float()), torch.tanh(batch.u_text.float())
        similarity = self.teacher.similarity(batch.index)
        across = cosines(image, text)
        loss = 1 - across.diagonal().mean()
        for found in (cosines(image), cosines(text), across):
            loss = loss + (found - similarity).square().mean()
        bits = select_bits(image, text, similarity, selection=section.selection, n_votes=section.n_votes)
        gap = sum((h - bits).square().sum() for h in (image, text)) / len(bits)
        return loss + section.bit_weight * gap
