"""A tanh whose slope at 0 grows from the first to infinity."""

from __future__ import annotations

import pytest
import torch

from ucch.optim import AnnealedTanhMap


@pytest.mark.parametrize("scale", [0.5, torch.tensor(0.5)])
def test_its_slope_at_zero_is_that_of_its_progress(scale: float | torch.Tensor) -> None:
    latent, out = torch.tensor([1e-3, 3.0]), torch.empty(2)
    for step in range(4):
        AnnealedTanhMap(steps=4, slope=2.0).write(out, latent, scale, step)
        assert float(out[0]) / 1e-3 == pytest.approx(2.0 / (1 - step / 4), rel=2e-4)
        assert 0.499 < float(out[1]) <= 0.5
    AnnealedTanhMap(steps=4, slope=2.0).write(out, torch.tensor([1e-30, -1e-30]), scale, 4)
    assert out.tolist() == [0.5, -0.5]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_it_is_a_tanh_in_every_precision(dtype: torch.dtype) -> None:
    latent = torch.cat([torch.linspace(-40, 40, 1001), torch.tensor([0.0, -0.0, 1e30, -1e30])]).double()
    out = torch.empty(latent.shape, dtype=dtype)
    AnnealedTanhMap(steps=4).write(out, latent.to(torch.promote_types(dtype, torch.float32)), 0.5, 2)
    expected = 0.5 * torch.tanh(latent * 4)
    error = float((out.double() - expected).abs().max())
    assert error <= {torch.float32: 1e-7, torch.float64: 1e-15, torch.bfloat16: 4e-3}[dtype]
    assert not out[(latent == 0)].any()


def test_rows_of_zeros_stay_finite() -> None:
    out = torch.empty(1, 2)
    AnnealedTanhMap(steps=4, scale="row").write(out, torch.zeros(1, 2), torch.zeros(1, 1), 1)
    assert out.tolist() == [[0.0, 0.0]]


def test_a_slope_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="slope must be a finite number above 0, got 0"):
        AnnealedTanhMap(steps=4, slope=0)
