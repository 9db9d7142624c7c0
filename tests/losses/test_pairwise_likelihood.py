"""The pairwise likelihood against a loop, its published form, and what the published form gets wrong."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from ucch.losses import PairwiseLikelihoodLoss, labels_overlap, pairwise_likelihood_loss


def outputs(n_rows: int, n_bits: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.tanh(torch.randn(n_rows, n_bits, generator=generator, dtype=torch.float64))


def related(n_queries: int, n_keys: int) -> Tensor:
    return torch.rand(n_queries, n_keys, generator=torch.Generator().manual_seed(9)) < 0.4


def loop_loss(query: Tensor, key: Tensor, pairs: Tensor, scale: float) -> float:
    """-sum_ij (S_ij theta_ij - log(1 + exp(theta_ij))), as the published code has it."""
    total = 0.0
    for i in range(len(query)):
        for j in range(len(key)):
            theta = scale * float(query[i] @ key[j])
            total -= float(pairs[i, j]) * theta - math.log(1 + math.exp(theta))
    return total


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_sum_equals_a_loop_and_mean_divides_it(scale: float) -> None:
    query, key, pairs = outputs(5, 8, 0), outputs(7, 8, 1), related(5, 7)
    expected = loop_loss(query, key, pairs, scale)
    published = pairwise_likelihood_loss(query, key, pairs, scale=scale, reduction="sum")
    assert published.dtype == torch.float64
    assert published.item() == pytest.approx(expected, abs=1e-11)
    assert PairwiseLikelihoodLoss(scale)(query, key, pairs).item() == pytest.approx(expected / 35, abs=1e-12)


def test_closed_form_of_orthogonal_outputs() -> None:
    zeros = torch.zeros(4, 6)
    assert pairwise_likelihood_loss(zeros, zeros, torch.eye(4)).item() == pytest.approx(math.log(2), abs=1e-7)


def test_turning_queries_into_keys_changes_nothing() -> None:
    query, key, pairs = outputs(5, 8, 0), outputs(7, 8, 1), related(5, 7)
    there, back = pairwise_likelihood_loss(query, key, pairs), pairwise_likelihood_loss(key, query, pairs.T)
    torch.testing.assert_close(there, back, atol=1e-14, rtol=0)


def test_the_published_sum_grows_with_the_square_of_the_batch_and_the_mean_does_not() -> None:
    h, labels = outputs(6, 8, 0), torch.eye(3)[torch.tensor([0, 0, 1, 1, 2, 2])]
    twice, both = h.repeat(2, 1), labels.repeat(2, 1)
    for reduction, factor in (("sum", 4.0), ("mean", 1.0)):
        once = pairwise_likelihood_loss(h, h, labels_overlap(labels, labels), reduction=reduction)
        doubled = pairwise_likelihood_loss(twice, twice, labels_overlap(both, both), reduction=reduction)
        assert doubled.item() == pytest.approx(factor * once.item(), rel=1e-12)


def test_stays_finite_where_the_bare_exponential_overflows() -> None:
    h = torch.ones(2, 512, requires_grad=True)
    assert torch.log(1 + torch.exp(0.5 * h @ h.T)).isinf().all()
    for reduction in ("mean", "sum"):
        loss = pairwise_likelihood_loss(h, -h, torch.zeros(2, 2), reduction=reduction)
        loss = loss + pairwise_likelihood_loss(h, h, torch.zeros(2, 2), reduction=reduction)
        loss.backward()
        assert loss.isfinite()
        assert h.grad is not None
        assert h.grad.isfinite().all()


def test_gradient_agrees_with_finite_differences() -> None:
    query, key = outputs(4, 5, 0).requires_grad_(), outputs(3, 5, 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: pairwise_likelihood_loss(a, b, related(4, 3)), (query, key))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_an_empty_side_costs_nothing(reduction: str) -> None:
    query = torch.zeros(0, 5, requires_grad=True)
    loss = pairwise_likelihood_loss(query, torch.zeros(0, 5), torch.zeros(0, 0), reduction=reduction)
    loss.backward()
    assert loss.item() == 0.0


def test_float32_under_bfloat16_autocast() -> None:
    h = outputs(6, 16, 0).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = pairwise_likelihood_loss(h, h, torch.eye(6))
    assert rough.dtype == torch.float32
    assert rough.item() == pytest.approx(pairwise_likelihood_loss(h, h, torch.eye(6)).item(), rel=1e-2)


def test_refuses_options_and_shapes() -> None:
    with pytest.raises(ValueError, match="scale must be a finite number above 0, got 0.0"):
        PairwiseLikelihoodLoss(0.0)
    with pytest.raises(ValueError, match="reduction must be one of mean, sum, got 'none'"):
        PairwiseLikelihoodLoss(reduction="none")
    with pytest.raises(
        ValueError, match=r"related must have one row per query and one column per key, \(3, 2\), got shape \(2, 2\)"
    ):
        pairwise_likelihood_loss(torch.zeros(3, 4), torch.zeros(2, 4), torch.zeros(2, 2))
    with pytest.raises(ValueError, match=r"key must have shape \(rows, 4\), got shape \(2, 5\)"):
        pairwise_likelihood_loss(torch.zeros(3, 4), torch.zeros(2, 5), torch.zeros(3, 2))


def test_repr() -> None:
    assert repr(PairwiseLikelihoodLoss()) == "PairwiseLikelihoodLoss(scale=0.5, reduction='mean')"
