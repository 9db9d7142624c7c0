"""Tanh queries."""

from __future__ import annotations

import torch
from torch import Tensor

from ucch.binarize import TanhQuery, tanh_query
from ucch.codes import sign


def test_rows_have_unit_length_and_keep_their_signs(generator: torch.Generator) -> None:
    u = torch.randn(5, 7, generator=generator)
    h = tanh_query(u)
    torch.testing.assert_close(h.norm(dim=1), torch.ones(5))
    assert torch.equal(sign(h), sign(u))
    assert torch.equal(TanhQuery()(u), h)


def test_published_implementation_outputs(published_step: dict[str, Tensor]) -> None:
    for name in ("image", "text"):
        ours = tanh_query(published_step[f"u_{name}"])
        torch.testing.assert_close(ours, published_step[f"h_{name}"], atol=1e-6, rtol=0)


def test_a_row_of_zeros_stays_zero_and_half_precision_comes_out_in_float32() -> None:
    assert tanh_query(torch.zeros(1, 3)).tolist() == [[0.0, 0.0, 0.0]]
    assert tanh_query(torch.ones(1, 3, dtype=torch.bfloat16)).dtype == torch.float32


def test_gradient_agrees_with_finite_differences(generator: torch.Generator) -> None:
    u = torch.randn(3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(tanh_query, (u,))
