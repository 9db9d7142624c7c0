"""What a recipe minimises beside or in place of UCCH's own losses, with labels or without."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from ...data import Items
from ...models import HashTower
from ...recipe.recipe import Recipe
from ...teachers import Teacher
from ..strategies import Batch, Strategy

__all__ = ["Objective"]


class Objective(nn.Module):
    """Cost of a batch; a subclass says how, and fits in its constructor what it needs to know of all pairs.

    Its parameters train with the towers, its buffers and :meth:`state_dict` go into checkpoints. What can be computed
    again from recipe and pairs belongs in a buffer with ``persistent=False``. Whether an objective needs labels is
    said in :data:`~ucch.recipe.objective_names.LABELLED`.

    Args:
        recipe: all choices; a section of its own holds what an objective alone has.
        pairs: training items, :class:`~ucch.data.Pairs` where they are image and text; without labels, ``pairs.label``
            is not to be read.
        generator: source of everything drawn, on the CPU.
    """

    def __init__(self, recipe: Recipe, pairs: Items, *, generator: torch.Generator) -> None:
        super().__init__()
        self.recipe, self.generator = recipe, generator

    @classmethod
    def passes_queries_by(cls, recipe: Recipe) -> bool:
        """Whether the loss reads outputs, not the queries that the optimizer makes of them."""
        return False

    @property
    def ucch_weight(self) -> float:
        """Weight of the losses of section ``loss``, which are added."""
        return 0.0

    def guided_by(self, teacher: Teacher) -> None:
        """Take the teacher of the training pairs; called once, before training, where the recipe has one."""

    def towers(self) -> tuple[HashTower, ...] | None:
        """A tower for each view where the objective brings its own, which the model then trains."""
        return None

    def inputs(self, *views: Tensor) -> tuple[Tensor, ...]:
        """What the towers see of a batch's scaled features, one (B, d) per view, while they train; as they are here."""
        return views

    @abstractmethod
    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        """Cost of a batch, a scalar in float32 or wider; ``strategy.epoch`` is the epoch, from 0."""
