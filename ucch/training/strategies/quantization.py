"""``quantization``: momentum, and a penalty on outputs that are far from their codes."""

from __future__ import annotations

from torch import Tensor

from ...binarize import TanhQuery
from ...losses import QuantizationLoss
from .strategy import Batch, Strategy

__all__ = ["Quantization"]


class Quantization(Strategy):
    """Tanh queries against momentum's table, which pay, after warm-up, for their distance from the codes."""

    section = "quantization"

    def make_query(self) -> TanhQuery:
        section = self.recipe.quantization
        self.loss = QuantizationLoss(section.kind, None if section.weight == "auto" else section.weight)
        return TanhQuery()

    def penalty(self, batch: Batch) -> Tensor:
        return super().penalty(batch) if self.warming_up else self.loss(*batch.h.values())
