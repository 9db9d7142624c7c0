"""Gradients are clipped as torch clips them, and left alone where there is nothing to clip."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from ucch.training.clipping import clip_gradients


def parameters(scale: float) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    made: list[Tensor] = [nn.Parameter(torch.zeros(3, 4)), nn.Parameter(torch.zeros(5)), nn.Parameter(torch.zeros(2))]
    for one in made[:2]:
        one.grad = scale * torch.randn(one.shape, generator=generator)
    return made


def gradients(of: list[Tensor]) -> list[Tensor]:
    return [one.grad for one in of if one.grad is not None]


@pytest.mark.parametrize("scale", [1e-3, 1.0, float("inf"), float("nan")])
def test_length_and_gradients_are_those_of_torch(scale: float) -> None:
    here, there = parameters(scale), parameters(scale)
    norm, expected = clip_gradients(here, 1.0), clip_grad_norm_(there, 1.0)
    torch.testing.assert_close(norm, expected, rtol=0, atol=0, equal_nan=True)
    for found, wanted in zip(gradients(here), gradients(there), strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=0, equal_nan=True)


def test_short_gradients_are_not_written() -> None:
    short, long = parameters(1e-3), parameters(1.0)
    for made in (short, long):
        clip_gradients(made, 1.0)
    assert [one._version for one in gradients(short)] == [0, 0]
    assert all(one._version > 0 for one in gradients(long))
