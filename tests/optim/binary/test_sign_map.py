"""Signs, whatever the step."""

from __future__ import annotations

import torch

from ucch.optim import SignMap


def test_it_shows_scaled_signs_at_every_step() -> None:
    latent = torch.tensor([[0.1, -4.0], [0.0, -0.0]])
    for step in (0, 7):
        out = torch.empty(2, 2)
        SignMap().write(out, latent, torch.tensor([[2.0], [0.5]]), step)
        assert out.tolist() == [[2.0, -2.0], [0.5, 0.5]]
    SignMap().write_binary(out, latent, 1.0)
    assert out.tolist() == [[1.0, -1.0], [1.0, 1.0]]
