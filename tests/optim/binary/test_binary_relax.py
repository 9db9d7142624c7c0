"""A mean of latent values and signs, with a gap around 0 that opens."""

from __future__ import annotations

import pytest
import torch

from ucch.optim import BinaryRelaxMap


@pytest.mark.parametrize("scale", [0.5, torch.tensor(0.5)])
def test_it_goes_from_latent_values_to_signs(scale: float | torch.Tensor, generator: torch.Generator) -> None:
    latent, out, relax = torch.randn(30, generator=generator), torch.empty(30), BinaryRelaxMap(steps=4)
    signs = torch.where(latent >= 0, 0.5, -0.5)
    for step in range(6):
        p = min(step / 4, 1.0)
        relax.write(out, latent, scale, step)
        torch.testing.assert_close(out, (1 - p) * latent + p * signs)
        assert out.abs().min() >= p * 0.5  # the gap
    assert torch.equal(out, signs)


def test_it_is_the_proximal_map_of_a_distance(generator: torch.Generator) -> None:
    """The minimum of ``(w - v)^2 + lambda (w - sign w)^2`` has p = lambda / (1 + lambda)."""
    grid, strength = torch.linspace(-3, 3, 60001), 1.0
    out = torch.empty(1)
    for value in torch.randn(10, generator=generator):
        cost = (grid - value).square() + strength * (grid - torch.where(grid >= 0, 1.0, -1.0)).square()
        BinaryRelaxMap(steps=2).write(out, value[None], 1.0, 1)
        torch.testing.assert_close(out[0], grid[cost.argmin()], atol=2e-4, rtol=0)
