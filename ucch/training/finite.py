"""Steps whose numbers are finite, and those left out."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import NonFiniteError

__all__ = ["FiniteSteps"]

_ROW, _SEEN, _LAST = range(3)  # bad steps in a row; steps seen; the number of the step that was the last straw, or 0


class FiniteSteps:
    """Let steps pass whose loss and gradient are finite; the others must change neither towers nor table.

    One row that overflows spoils the batches it is drawn into and nothing else. Weights that have overflowed spoil
    every batch, so after ``most`` bad steps in a row the run ends. Steps are judged and counted where their numbers
    are; the host learns of the end when it looks.

    Args:
        most: bad steps in a row.

    Example:
        >>> steps = FiniteSteps(most=2)
        >>> [bool(steps.see(torch.tensor(loss), torch.tensor(0.2))) for loss in (1.5, float("nan"))]
        [True, False]
        >>> steps.in_a_row
        1
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._counts = torch.zeros(3, dtype=torch.int64)
        self._last = torch.zeros(2)

    def see(self, loss: Tensor, norm: Tensor) -> Tensor:
        """Judge a step by its loss and the norm of its gradient, scalars: a bool scalar on the device of the loss."""
        numbers = torch.stack([loss.detach().float(), norm.detach().to(loss.device).float()])
        passed = numbers.isfinite().all()
        if self._counts.device != loss.device:
            self._counts, self._last = self._counts.to(loss.device), self._last.to(loss.device)
        in_a_row, seen, last = self._counts.unbind()
        in_a_row, seen = torch.where(passed, 0, in_a_row + 1), seen + 1
        straw = (in_a_row >= self.most) & (last == 0)
        self._counts = torch.stack([in_a_row, seen, torch.where(straw, seen, last)])
        self._last = torch.where(straw, numbers, self._last)
        return passed

    @property
    def in_a_row(self) -> int:
        """Bad steps since the last that passed; waits for the device."""
        return int(self._counts[_ROW])

    @in_a_row.setter
    def in_a_row(self, count: int) -> None:
        self._counts = torch.tensor([count, 0, 0])

    def look(self) -> int | None:
        """How many steps ago the last straw was, 0 for the latest step; None where there was none. Waits."""
        counts = self._counts.cpu().tolist()
        return counts[_SEEN] - counts[_LAST] if counts[_LAST] else None

    def refuse(self, rows: Tensor) -> None:
        """End a run whose last straw was a step with these rows.

        Raises:
            NonFiniteError: always.
        """
        loss, norm = self._last.cpu().tolist()
        raise NonFiniteError(
            f"{self.most} steps in a row had a loss or gradient that is no finite number"
            f" (the last: loss {loss}, gradient {norm})",
            rows.tolist(),
        )
