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
        return BiHalfQuery(self.recipe.bits, gamma=section.gamma, shared=section.shared, rate=section.rate)

    @property
    def momentum(self) -> float:
        return 0.0

    def activate(self, u_image: Tensor, u_text: Tensor) -> tuple[Tensor, Tensor]:
        h_image, h_text = self.query(u_image, u_text)
        return h_image, h_text

    def views(self, batch: Batch) -> tuple[Tensor, Tensor]:
        image, text = self.query.levels(batch.u_image.float(), batch.u_text.float())
        return batch.u_image - image, batch.u_text - text

    def keys(self, batch: Batch) -> Keys:
        if self.recipe.bi_half.keys == "batch":
            return self.batch_keys(batch)
        return super().keys(batch)

    def fold(self, model: HashModel) -> None:
        image, text = self.query.threshold
        model.image_tower.shift_outputs(-image)
        model.text_tower.shift_outputs(-text)

    def parts(self) -> dict[str, Stateful]:
        return {**super().parts(), "query": self.query}
