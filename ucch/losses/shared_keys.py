"""Finding the own key among keys that are one matrix: the cross-entropies of a batch, worked out where they stand."""

from __future__ import annotations

from math import frexp
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .cache_blocks import blocks

__all__ = ["SharedKeys", "shared_costs", "works_in_place"]


class SharedKeys(NamedTuple):
    """Keys whose negatives are the same for the whole batch.

    Attributes:
        positives: (B, D), the key of each query.
        negatives: (K, D).
        norm: by which inner products become cosines.
        log_weights: None, or (B, K) added to the logits of the negatives.
    """

    positives: Tensor
    negatives: Tensor
    norm: float
    log_weights: Tensor | None


def works_in_place(h: Tensor, targets: Tensor | None) -> bool:
    """Whether :func:`shared_costs` is for such queries: on a CPU, in float32 or float64, and not being compiled."""
    plain = h.device.type == "cpu" and h.dtype in (torch.float32, torch.float64)
    return plain and not torch.compiler.is_compiling() and (targets is None or not targets.requires_grad)


def shared_costs(h: Tensor, keys: SharedKeys, *, temperature: float, targets: Tensor | None = None) -> Tensor:
    """Cross-entropies (B,) of finding the own key, differentiable once in ``h`` and the positives.

    ``targets``, (B, K), are those of the loss.

    Bit for bit what the formulas give one after the other on the whole matrix. They would write and read B (1 + K)
    numbers some twenty times, forward and backward, which costs several times the matrix products; here a block of rows
    of the one matrix goes through all of them while it is in the cache.

    Cost: ``4 B K D`` multiply-adds forward and backward together, two exponentials and about ten other operations for
    each of ``B (1 + K)`` logits, of which two matrices are held between and during the passes.
    """
    own = (h * keys.positives.to(h.dtype)).sum(dim=1, keepdim=True)  # outside, so that gradients add up in one order
    negatives = keys.negatives.to(h.dtype)
    costs: Tensor = _SharedCosts.apply(h, own, negatives, keys.log_weights, targets, keys.norm, temperature)
    return costs


class _SharedCosts(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        h: Tensor,
        own: Tensor,
        negatives: Tensor,
        log_weights: Tensor | None,
        targets: Tensor | None,
        norm: float,
        temperature: float,
    ) -> Tensor:
        logits = h.new_empty(len(h), 1 + len(negatives))
        with torch.autocast("cpu", enabled=False):
            torch.mm(h, negatives.T, out=logits[:, 1:])
        logits[:, :1] = own
        costs = h.new_empty(len(h))
        for rows in blocks(logits):
            block = _divided(logits[rows], norm, temperature)
            expected = None if targets is None else _expected(block, targets[rows])
            if log_weights is not None:
                block[:, 1:].add_(log_weights[rows])
            if expected is None:
                torch.log_softmax(block, dim=1, out=block)
                torch.neg(block[:, 0], out=costs[rows])
            else:
                total = torch.logsumexp(block, dim=1)
                block.sub_(total[:, None])
                torch.sub(total, expected, out=costs[rows])
        ctx.save_for_backward(logits, negatives, targets)
        ctx.scales = norm, temperature
        return costs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        logits, negatives, targets = ctx.saved_tensors  # minus the logarithm of their sum of exponentials
        norm, temperature = ctx.scales
        gradient = torch.empty_like(logits)
        of_cost = None if targets is not None else logits.new_zeros(len(logits[next(blocks(logits))]), logits.shape[1])
        for rows in blocks(logits):
            block = gradient[rows]
            if of_cost is not None:
                of_cost[: len(block), 0] = -slope[rows]
                _log_softmax_backward(of_cost[: len(block)], logits[rows], block)
            else:
                assert targets is not None
                torch.exp(logits[rows], out=block).mul_(slope[rows, None])
                block[:, 0].sub_(slope[rows] * (1 - targets[rows].sum(dim=1)))
                block[:, 1:].sub_(targets[rows] * slope[rows, None])
            _divided(block, temperature, norm)
        return gradient[:, 1:] @ negatives, gradient[:, :1], None, None, None, None, None


def _divided(logits: Tensor, first: float, second: float) -> Tensor:
    """Divide by two numbers in turn, in place; at once where one is a power of two, which rounds nothing."""
    if 0.5 in (frexp(first)[0], frexp(second)[0]):
        return logits.div_(first * second)
    return logits.div_(first).div_(second)


def _expected(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean logit under the target, whose rest lies on the own key: (R,)."""
    return (1 - targets.sum(dim=1)) * logits[:, 0] + (targets * logits[:, 1:]).sum(dim=1)


def _log_softmax_backward(gradient: Tensor, output: Tensor, out: Tensor) -> None:
    """The gradient of a log-softmax over rows from that of its output."""
    torch.ops.aten._log_softmax_backward_data.out(gradient, output, 1, output.dtype, out=out)
