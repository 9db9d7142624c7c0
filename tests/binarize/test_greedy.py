"""GreedyHash: identity gradient, and a penalty on outputs before any squashing, both by hand."""

from __future__ import annotations

import pytest
import torch

from ucch.binarize import GreedyHash, greedy_hash, greedy_penalty


def test_gradient_by_hand() -> None:
    """d/du of alpha mean ||u| - 1|^3 is alpha 3 (|u| - 1)^2 sign(|u| - 1) sign(u) / n; signs pass theirs unchanged."""
    u = torch.tensor([[3.0, 0.5, -2.0, -0.25]], dtype=torch.float64, requires_grad=True)
    greedy = GreedyHash(alpha=0.5)
    weight = torch.tensor([[1.0, -1.0, 2.0, 4.0]], dtype=torch.float64)
    ((greedy(u) * weight).sum() + greedy.penalty(u)).backward()
    pulls = [3 * 4.0, -3 * 0.25, -3 * 1.0, 3 * 0.5625]
    expected = [w / 2 + 0.5 * pull / 4 for w, pull in zip([1.0, -1.0, 2.0, 4.0], pulls, strict=True)]
    assert u.grad is not None
    assert u.grad[0].tolist() == pytest.approx(expected, abs=1e-12)


def test_codes_are_exactly_binary_and_0_is_plus_1() -> None:
    assert greedy_hash(torch.tensor([0.0, -0.1, 7.0])).tolist() == [1.0, -1.0, 1.0]


def test_the_penalty_reads_outputs_not_their_tanh() -> None:
    assert float(greedy_penalty(torch.tensor([[3.0]]))) == 8.0
    assert float(greedy_penalty(torch.tensor([[1.0, -1.0]]))) == 0.0


def test_bfloat16_outputs_give_float32() -> None:
    u = torch.ones(2, 4, dtype=torch.bfloat16)
    assert GreedyHash()(u).dtype == greedy_penalty(u).dtype == torch.float32


def test_a_negative_weight_is_refused_and_repr_names_it() -> None:
    with pytest.raises(ValueError, match=r"alpha must lie in \[0\.0, inf\), got -1"):
        GreedyHash(-1)
    assert repr(GreedyHash()) == "GreedyHash(alpha=0.1)"
