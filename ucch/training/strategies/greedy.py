"""``greedy``: signed queries with identity gradient, and a cubic penalty on the outputs."""

from __future__ import annotations

import torch
from torch import Tensor

from ...binarize import GreedyHash
from .strategy import Batch, Strategy

__all__ = ["Greedy"]


class Greedy(Strategy):
    """Signed queries against the codes of the pairs' latest outputs; all views pay for outputs far from +-1."""

    section = "greedy"
    query: GreedyHash

    def make_query(self) -> GreedyHash:
        return GreedyHash(self.recipe.greedy.alpha)

    @property
    def momentum(self) -> float:
        return 0.0

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(batch.u.values())

    def penalty(self, batch: Batch) -> Tensor:
        return torch.stack([self.query.penalty(u) for u in batch.u.values()]).sum()
