"""The optimizer's step of a batch: towers move where loss and gradient are finite numbers, and the table with them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..recipe.common_sections import TrainingSection
from .clipping import clip_gradients
from .finite import FiniteSteps
from .hashing_step import HashingStep

__all__ = ["autocast", "move_towers"]


def autocast(training: TrainingSection, device: torch.device) -> torch.autocast:
    """The context in which a step's losses are worked out: bfloat16 where ``training.precision`` says so."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=training.precision == "bfloat16")


def move_towers(
    step: HashingStep,
    adam: torch.optim.Optimizer,
    parameters: Sequence[Tensor],
    cost: Tensor,
    *,
    judged: Tensor,
    finite: FiniteSteps,
    clip_norm: float,
) -> Tensor:
    """Move towers by a batch's cost, then the table; neither where loss or gradient are no finite number.

    Nothing waits for an accelerator: whether the step counts is decided, and counted, where its numbers are.

    Args:
        step: that gave the cost, and awaits that the towers move.
        adam: a fused optimizer of torch, which leaves all as it is where its ``found_inf`` is 1.
        parameters: all that it moves.
        cost: of this process, a scalar with a graph; gradients that were there are dropped.
        judged: the loss of all processes, a scalar, by which the step is judged beside the gradient's length.
        finite: judges and counts.
        clip_norm: most length of the gradient.

    Returns:
        Whether the step counts, a bool scalar on the device.
    """
    adam.zero_grad()
    torch.autograd.backward(cost)
    norm = clip_gradients(parameters, clip_norm)
    passed = finite.see(judged, norm)
    setattr(adam, "found_inf", (~passed).float())  # noqa: B010 - an attribute that torch's own scaler sets so
    adam.step()
    step.settle(passed)
    return passed
