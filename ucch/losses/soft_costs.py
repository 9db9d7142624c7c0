"""Cross-entropies with soft targets among the items of a batch, each compared with all but itself."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .cache_blocks import blocks

__all__ = ["soft_costs"]


def soft_costs(logits: Tensor, target: Tensor, rows: Tensor) -> Tensor:
    """``log sum_{j != i} exp(l_ij) - sum_j t_ij l_ij`` of some anchors i; differentiable once, in the logits.

    Args:
        logits: (R, M) of R anchors with all M items.
        target: (M, M) constants of all items; rows add up to 1, with nothing on the diagonal.
        rows: (R,) which items the anchors are.

    Returns:
        (R,), bit for bit what these formulas give on the whole matrix. On a CPU a block of rows goes through all of
        them while it is in the cache; R M numbers are held for the backward pass, and as many come of it.

    Example:
        >>> soft_costs(torch.zeros(1, 3), torch.eye(3).roll(1, dims=1), torch.tensor([0]))
        tensor([0.6931])
    """
    costs: Tensor = _SoftCosts.apply(logits, target, rows)
    return costs


class _SoftCosts(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, target: Tensor, rows: Tensor) -> Tensor:
        less_total, costs = torch.empty_like(logits), logits.new_empty(len(logits))
        for anchors in blocks(logits):
            block, own = less_total[anchors].copy_(logits[anchors]), rows[anchors]
            block.scatter_(1, own[:, None], float("-inf"))
            total = torch.logsumexp(block, dim=1)
            costs[anchors] = total - (target[own] * logits[anchors]).sum(dim=1)
            block.sub_(total[:, None])
        ctx.save_for_backward(less_total, target, rows)
        return costs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        less_total, target, rows = ctx.saved_tensors
        gradient = torch.empty_like(less_total)
        for anchors in blocks(less_total):
            weight = slope[anchors, None]
            block = torch.exp(less_total[anchors], out=gradient[anchors]).mul_(weight)
            block.sub_(target[rows[anchors]].mul_(weight))
        return gradient, None, None
