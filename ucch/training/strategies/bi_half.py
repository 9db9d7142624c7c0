"""``bi-half``: queries that split every batch in halves, and a threshold that encoding keeps."""

from __future__ import annotations

from torch import Tensor

from ...binarize import BiHalfQuery
from ...models import HashModel
from ...optim import Keys
from .strategy import Batch, Stateful, Strategy

__all__ = ["BiHalf"]


class BiHalf(Strategy):
    """Signed, balanced queries against the balanced codes of the pairs' latest outputs, or those of the batch alone.

    The table observes the outputs less the threshold of their batch, and overwrites, so that its signs are the codes
    of the mean. The running threshold goes into the bias of the last layers.
    """

    section = "bi_half"
    placements = ()
    query: BiHalfQuery

    def make_query(self) -> BiHalfQuery:
        section = self.recipe.bi_half
        return BiHalfQuery(
            self.recipe.bits, len(self.names), gamma=section.gamma, shared=section.shared, rate=section.rate
        )

    @property
    def momentum(self) -> float:
        return 0.0

    def activate(self, *u: Tensor) -> tuple[Tensor, ...]:
        h: tuple[Tensor, ...] = self.query(*u)
        return h

    def levelled(self, name: str, u: Tensor) -> Tensor:
        return u - self.query.threshold[self.names.index(name)]

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        levels = self.query.levels(*(u.float() for u in batch.u.values()))
        return tuple(u - level for u, level in zip(batch.u.values(), levels, strict=True))

    def keys(self, batch: Batch) -> Keys:
        if self.recipe.bi_half.keys == "batch":
            return self.batch_keys(batch)
        return super().keys(batch)

    def fold(self, model: HashModel) -> None:
        for tower, threshold in zip(model.towers().values(), self.query.threshold, strict=True):
            tower.shift_outputs(-threshold)

    def parts(self) -> dict[str, Stateful]:
        return {**super().parts(), "query": self.query}
