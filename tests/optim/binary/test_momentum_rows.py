"""Rows follow the base; those it leaves stay, and a vector or a filter bank has rows too."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import normalize

from ucch.optim import MomentumRows


def test_rows_that_the_base_left_stay_bit_for_bit() -> None:
    before = torch.tensor([[3.0, 4.0], [1.0, 0.0]])
    latent = before.clone()
    latent[1, 1] = 1.0
    MomentumRows(0.5).move(latent, before)
    assert torch.equal(latent[0], before[0])
    torch.testing.assert_close(latent[1], normalize(torch.tensor([0.5 + 0.5 * 0.5**0.5, 0.5 * 0.5**0.5]), dim=0))


@pytest.mark.parametrize("shape", [(12,), (3, 4), (3, 2, 2)])
def test_rows_are_under_the_first_dimension(shape: tuple[int, ...], generator: torch.Generator) -> None:
    before, latent = (torch.randn(shape, generator=generator) for _ in range(2))
    rows = (1 if len(shape) == 1 else 3, -1)
    old, new = before.reshape(rows), latent.reshape(rows)
    expected = normalize(0.3 * old + 0.7 * normalize(new, dim=1), dim=1).reshape(shape)
    MomentumRows(0.3).move(latent, before)
    torch.testing.assert_close(latent, expected)


def test_rows_may_lie_in_another_order() -> None:
    """Filters whose channels come last: their rows are no view."""
    before, latent = (torch.arange(24.0).reshape(2, 3, 2, 2) + shift for shift in (0, 3))
    plain, last = latent.clone(), latent.clone(memory_format=torch.channels_last)
    MomentumRows(0.5).move(plain, before)
    MomentumRows(0.5).move(last, before.clone(memory_format=torch.channels_last))
    torch.testing.assert_close(last, plain)
    nothing = torch.empty(2, 0)
    MomentumRows().move(nothing, nothing)
    assert nothing.shape == (2, 0)


def test_without_normalizing_it_is_a_mean() -> None:
    latent = torch.tensor([[0.0, 2.0]])
    MomentumRows(0.25, normalize=False).move(latent, torch.tensor([[4.0, 0.0]]))
    assert latent.tolist() == [[1.0, 1.5]]


def test_momentum_out_of_range_and_missing_values_are_refused() -> None:
    with pytest.raises(ValueError, match=r"momentum must lie in \[0.0, 1.0\), got 1.0"):
        MomentumRows(1.0)
    with pytest.raises(ValueError, match="before must be the latent values before the step of the base, got None"):
        MomentumRows().move(torch.ones(1, 2), None)
