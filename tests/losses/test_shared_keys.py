"""Costs worked out in blocks are those of the formulas on the whole matrix, bit for bit."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.losses.kit import unit_rows
from ucch.codes import sign
from ucch.losses import cache_blocks
from ucch.losses.contrastive_hashing import own_code_loss
from ucch.losses.shared_keys import SharedKeys, shared_costs, works_in_place
from ucch.optim import Keys


class Whole:
    """Keys that say nothing but their similarities, so that the loss goes by the formulas."""

    def __init__(self, keys: Keys) -> None:
        self.similarities, self.log_weights = keys.similarities, keys.log_weights


def made(n: int, n_keys: int, n_bits: int, *, weighted: bool, seed: int = 0) -> Keys:
    generator = torch.Generator().manual_seed(seed)
    positives, negatives = (sign(torch.randn(rows, n_bits, generator=generator)) for rows in (n, n_keys))
    left_out = torch.rand(n, n_keys, generator=generator) < 0.1
    weights = torch.zeros(n, n_keys).masked_fill(left_out, float("-inf")) if weighted else None
    return Keys(positives, negatives, norm=n_bits**0.5, log_weights=weights)


def step(keys: Any, u: Tensor, **options: Any) -> tuple[Tensor, Tensor]:
    """Loss, and the gradient where another loss of the same queries adds to it."""
    leaf = u.clone().requires_grad_()
    h = torch.nn.functional.normalize(torch.tanh(leaf), dim=1)
    loss = own_code_loss(h, keys, temperature=0.9, **options)
    (0.7 * loss + 0.3 * (h @ h.T).square().sum()).backward()
    assert leaf.grad is not None
    return loss.detach(), leaf.grad


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("n_bits", [16, 48])
def test_loss_and_gradient_are_those_of_the_whole_matrix_bit_for_bit(
    dtype: torch.dtype, n_bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_blocks, "BLOCK", 1000)  # several blocks, the last one shorter
    for weighted, soft, some in product([True, False], repeat=3):
        keys = made(23, 129, n_bits, weighted=weighted)
        targets = 0.8 * torch.softmax(torch.randn(23, 129), dim=1) if soft else None
        seen = torch.arange(23) % 3 > 0 if some else None
        u = torch.randn(23, n_bits, dtype=dtype)
        here = step(keys, u, targets=targets, seen=seen)
        there = step(Whole(keys), u, targets=targets, seen=seen)
        assert torch.equal(here[0], there[0])
        assert torch.equal(here[1], there[1])


@pytest.mark.parametrize("soft", [True, False])
def test_gradient_is_that_of_differences(soft: bool) -> None:
    keys = SharedKeys(*made(4, 7, 6, weighted=True).shared())  # type: ignore[misc]
    targets = torch.full((4, 7), 0.1, dtype=torch.float64) if soft else None
    weights = None if soft else keys.log_weights  # a target on a key left out has no bounded cost
    keys = keys._replace(log_weights=weights)
    h = unit_rows(4, 6, 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: shared_costs(x, keys, temperature=0.5, targets=targets), (h,))


def test_a_second_backward_pass_finds_what_the_first_found() -> None:
    h = unit_rows(5, 8, 0, torch.float32).requires_grad_()
    loss = own_code_loss(h, made(5, 9, 8, weighted=True))
    first = torch.autograd.grad(loss, h, retain_graph=True)[0]
    assert torch.equal(torch.autograd.grad(loss, h)[0], first)


def test_who_must_go_by_the_formulas() -> None:
    h, targets = torch.zeros(2, 4), torch.zeros(2, 3)
    assert works_in_place(h, targets)
    assert works_in_place(h.double(), None)
    assert not works_in_place(h.bfloat16(), None)
    assert not works_in_place(h.to("meta"), None)
    assert not works_in_place(h, targets.requires_grad_())


def test_queries_of_another_shape_are_refused() -> None:
    keys = made(3, 5, 8, weighted=False)
    for targets in (None, torch.zeros(2, 5)):
        with pytest.raises(ValueError, match=r"keys\.positives"):
            own_code_loss(torch.zeros(2, 8), keys, targets=targets)
