"""The learning rate on the way of a run."""

from __future__ import annotations

import math

from ..recipe.common_sections import TrainingSection

__all__ = ["rate_share"]


def rate_share(training: TrainingSection, done: float, of: float | None) -> float:
    """Share of the learning rate at some point of a run.

    Under ``cosine`` it is (1 + cos(pi done / of)) / 2, which falls from 1 to 0; under ``constant`` it is 1.

    Args:
        training: says the schedule.
        done: steps, or shards, behind that point; what goes beyond ``of`` counts as ``of``.
        of: how many there are; None where nobody knows, and the share is 1.

    Reference:
        Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, without restarts.

    Example:
        >>> [rate_share(TrainingSection(), done, 10) for done in (0, 5, 10, 11)]
        [1.0, 0.5, 0.0, 0.0]
        >>> rate_share(TrainingSection(), 5, None), rate_share(TrainingSection(schedule="constant"), 5, 10)
        (1.0, 1.0)
    """
    if training.schedule == "constant" or not of:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * min(done, of) / of))
