"""Costs with soft targets, worked out in blocks, are those of the formulas bit for bit."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.losses.kit import log_sum_exp
from ucch.losses import cache_blocks
from ucch.losses.soft_costs import soft_costs


def made(n_items: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Logits of all items but some, in another order; targets."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randperm(n_items, generator=generator)[: n_items - 2]
    logits = 3 * torch.randn(len(rows), n_items, generator=generator, dtype=dtype)
    likeness = torch.randn(n_items, n_items, generator=generator, dtype=dtype).fill_diagonal_(-math.inf)
    return logits, torch.softmax(likeness, dim=1), rows


def test_against_a_loop() -> None:
    logits, target, rows = made(7, torch.float64)
    for i, (own, cost) in enumerate(zip(rows.tolist(), soft_costs(logits, target, rows).tolist(), strict=True)):
        others = [j for j in range(7) if j != own]
        expected = log_sum_exp(float(logits[i, j]) for j in others)
        assert cost == pytest.approx(expected - sum(float(target[own, j] * logits[i, j]) for j in others), abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_blocks_are_the_whole_matrix_bit_for_bit(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_blocks, "BLOCK", 300)  # several blocks, the last one shorter
    logits, target, rows = made(37, dtype)
    found, expected = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    cost = soft_costs(found, target, rows).sum() / 37
    own = rows[:, None] == torch.arange(37)
    total = torch.logsumexp(expected.masked_fill(own, -math.inf), dim=1)
    whole = (total - (target[rows] * expected).sum(dim=1)).sum() / 37
    assert torch.equal(cost, whole)
    for one in (cost, whole):
        one.backward()
    assert found.grad is not None
    assert expected.grad is not None
    assert torch.equal(found.grad, expected.grad)
    assert torch.equal(found, logits)


def test_gradient_is_that_of_differences() -> None:
    logits, target, rows = made(6, torch.float64)
    assert torch.autograd.gradcheck(lambda x: soft_costs(x, target, rows), (logits.requires_grad_(),))
