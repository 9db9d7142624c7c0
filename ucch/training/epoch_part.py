"""How far an epoch is, so that a checkpoint may fall between any two steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

__all__ = ["EpochPart"]


@dataclass
class EpochPart:
    """The state of an unfinished epoch.

    Attributes:
        order: (n,) the epoch's permutation of the rows.
        totals: sums of the figures of the steps that counted, on the device that trains.
        before: what the strategy had moved when the epoch began.
        step: steps done, skipped ones included.
        skipped: steps left out because of a loss or gradient that was no finite number; counted on the device.
    """

    order: Tensor
    totals: Tensor
    before: dict[str, int]
    step: int = 0
    skipped: Tensor | int = 0

    def __post_init__(self) -> None:
        self.skipped = torch.full((), int(self.skipped), dtype=torch.int64, device=self.totals.device)

    def add(self, figures: Tensor, passed: Tensor) -> None:
        """Take note of one step, whether it counts or not; nobody waits for the answer."""
        self.step += 1
        self.skipped += ~passed
        self.totals += torch.where(passed, figures, 0.0)

    def state_dict(self) -> dict[str, Any]:
        """Arguments that make it again."""
        return {**vars(self), "totals": self.totals.cpu(), "skipped": int(self.skipped)}
