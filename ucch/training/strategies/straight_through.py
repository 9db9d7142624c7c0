"""``straight-through``: the codes themselves ask, and the gradient passes the sign."""

from __future__ import annotations

from torch import Tensor, nn

from ...binarize import StraightThroughQuery
from ...optim import Keys
from .strategy import Batch, Strategy

__all__ = ["StraightThrough"]


class StraightThrough(Strategy):
    """Signed queries against the codes of the pairs' latest outputs, or against those of the batch alone.

    The table observes outputs, not queries, and overwrites: the mean of two signed queries would be 0 wherever the
    modalities disagree, and a 0 would always become +1.
    """

    section = "straight_through"

    def make_query(self) -> nn.Module:
        return StraightThroughQuery(self.recipe.straight_through.form)

    @property
    def momentum(self) -> float:
        return 0.0

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(batch.u.values())

    def keys(self, batch: Batch) -> Keys:
        if self.recipe.straight_through.keys == "batch":
            return self.batch_keys(batch)
        return super().keys(batch)
