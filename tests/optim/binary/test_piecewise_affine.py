"""A ramp that is the latent values within the two values first, and their sign at last."""

from __future__ import annotations

import torch

from ucch.optim import PiecewiseAffineMap

LATENT = torch.tensor([-2.0, -0.5, -0.1, 0.0, 0.1, 0.5, 2.0])


def shown(step: int, scale: float | torch.Tensor = 1.0) -> torch.Tensor:
    out = torch.empty(7)
    PiecewiseAffineMap(steps=4, shape="linear").write(out, LATENT, scale, step)
    return out


def test_first_it_clips_and_last_it_signs() -> None:
    assert torch.equal(shown(0), LATENT.clamp(-1, 1))
    assert shown(4).tolist() == [-1, -1, -1, 1, 1, 1, 1]
    assert torch.equal(shown(400), shown(4))


def test_the_ramp_steepens_by_the_progress() -> None:
    torch.testing.assert_close(shown(3), (4 * LATENT).clamp(-1, 1))


def test_a_scale_moves_the_ends_not_the_slope() -> None:
    for scale in (0.3, torch.tensor(0.3)):
        torch.testing.assert_close(shown(2, scale), (2 * LATENT).clamp(-0.3, 0.3))


def test_it_is_the_proximal_map_of_its_regularizer() -> None:
    """Of ``(w - v)^2 / 2 - (1 - rho) w^2 / 2`` on [-1, 1], which rewards ends: the minimum is looked for on a grid."""
    rho, grid = 0.5, torch.linspace(-1, 1, 20001)
    for value in LATENT:
        best = grid[((grid - value).square() / 2 - (1 - rho) * grid.square() / 2).argmin()]
        torch.testing.assert_close(best, (value / rho).clamp(-1, 1), atol=1e-4, rtol=0)
    torch.testing.assert_close(shown(2), (LATENT / rho).clamp(-1, 1))
