"""How far an epoch is, so that a checkpoint may fall between any two steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

__all__ = ["EpochPart"]


@dataclass
class EpochPart:
    """The state of an unfinished epoch.

    Attributes:
        order: (n,) the epoch's permutation of the rows.
        totals: sums of the figures of the steps that counted.
        before: what the strategy had moved when the epoch began.
        step: steps done, skipped ones included.
        skipped: steps left out because of a loss or gradient that was no finite number.
    """

    order: Tensor
    totals: Tensor
    before: dict[str, int]
    step: int = 0
    skipped: int = 0

    def add(self, figures: Tensor | None) -> None:
        """Take note of one step; None for one that was skipped."""
        self.step += 1
        if figures is None:
            self.skipped += 1
        else:
            self.totals += figures

    def state_dict(self) -> dict[str, Any]:
        """Arguments that make it again."""
        return dict(vars(self))
