"""``greedy``: signed queries with identity gradient, and a cubic penalty on the outputs."""

from __future__ import annotations

from torch import Tensor

from ...binarize import GreedyHash
from .strategy import Batch, Strategy

__all__ = ["Greedy"]


class Greedy(Strategy):
    """Signed queries against the codes of the pairs' latest outputs; both modalities pay for outputs far from +-1."""

    section = "greedy"
    query: GreedyHash

    def make_query(self) -> GreedyHash:
        return GreedyHash(self.recipe.greedy.alpha)

    @property
    def momentum(self) -> float:
        return 0.0

    def views(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return batch.u_image, batch.u_text

    def penalty(self, batch: Batch) -> Tensor:
        return self.query.penalty(batch.u_image) + self.query.penalty(batch.u_text)
