"""Steps whose numbers are finite, and those left out."""

from __future__ import annotations

import math

from torch import Tensor

from ..errors import NonFiniteError

__all__ = ["FiniteSteps"]


class FiniteSteps:
    """Let steps pass whose loss and gradient are finite; the others must change neither towers nor table.

    One row that overflows spoils the batches it is drawn into and nothing else. Weights that have overflowed spoil
    every batch, so after ``most`` bad steps in a row the run ends.

    Args:
        most: bad steps in a row.

    Attributes:
        passed: whether the latest step did.
        in_a_row: bad steps since the last that passed.

    Example:
        >>> import torch
        >>> steps = FiniteSteps(most=2)
        >>> steps.see(1.5, 0.2, torch.arange(4)), steps.see(float("nan"), 0.2, torch.arange(4))
        (True, False)
    """

    def __init__(self, most: int) -> None:
        self.most, self.in_a_row, self.passed = most, 0, True

    def see(self, loss: float, norm: float, rows: Tensor) -> bool:
        """Judge a step by its loss, the norm of its gradient, and name its rows where it is the last straw.

        Raises:
            NonFiniteError: this is the bad step number ``most`` in a row.
        """
        self.passed = math.isfinite(loss) and math.isfinite(norm)
        self.in_a_row = 0 if self.passed else self.in_a_row + 1
        if self.in_a_row >= self.most:
            raise NonFiniteError(
                f"{self.in_a_row} steps in a row had a loss or gradient that is no finite number"
                f" (the last: loss {loss}, gradient {norm})",
                rows.tolist(),
            )
        return self.passed
