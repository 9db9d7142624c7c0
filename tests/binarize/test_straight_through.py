"""Straight-through signs: gradients by hand, exact codes, ties, and unit queries."""

from __future__ import annotations

import math

import pytest
import torch

from ucch.binarize import StraightThroughQuery, straight_through

U = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5]
WEIGHT = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


@pytest.mark.parametrize(
    ("form", "factor"),
    [
        ("identity", [1.0] * 7),
        ("clipped", [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]),  # the border |u| = 1 passes
        ("soft", [1 - math.tanh(u) ** 2 for u in U]),
    ],
)
def test_gradient_by_hand(form: str, factor: list[float]) -> None:
    u = torch.tensor(U, dtype=torch.float64, requires_grad=True)
    b = straight_through(u, form=form)
    assert b.tolist() == [-1, -1, -1, 1, 1, 1, 1]  # 0 is +1
    (b * torch.tensor(WEIGHT, dtype=torch.float64)).sum().backward()
    assert u.grad is not None
    assert u.grad.tolist() == pytest.approx([w * f for w, f in zip(WEIGHT, factor, strict=True)], abs=1e-12)


@pytest.mark.parametrize("form", ["identity", "clipped", "soft"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_codes_are_exactly_binary_in_every_dtype(form: str, dtype: torch.dtype, generator: torch.Generator) -> None:
    """``u + (sign(u) - u)`` would round; a code of 0.99999994 is no code."""
    u = (torch.randn(1000, generator=generator) * 10 ** torch.randn(1000, generator=generator)).to(dtype)
    b = straight_through(u.requires_grad_(), form=form)
    assert b.dtype == dtype
    assert set(b.tolist()) == {-1.0, 1.0}


def test_queries_are_unit_and_similarities_multiples_of_2_over_d(generator: torch.Generator) -> None:
    query = StraightThroughQuery("identity")
    h = query(torch.randn(9, 16, generator=generator))
    torch.testing.assert_close(h.norm(dim=1), torch.ones(9))
    steps = (h @ h.T) * 16 / 2
    torch.testing.assert_close(steps, steps.round(), atol=1e-5, rtol=0)


def test_query_is_the_function_over_the_root(generator: torch.Generator) -> None:
    u = torch.randn(3, 4, generator=generator)
    assert torch.equal(StraightThroughQuery("soft")(u), straight_through(u, form="soft") / 2)
    assert StraightThroughQuery()(u.to(torch.bfloat16)).dtype == torch.float32


def test_unknown_forms_are_refused_and_repr_names_the_form() -> None:
    with pytest.raises(ValueError, match="form must be one of clipped, identity, soft, got 'hard'"):
        StraightThroughQuery("hard")
    assert repr(StraightThroughQuery()) == "StraightThroughQuery(form='clipped')"
