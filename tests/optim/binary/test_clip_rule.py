"""Latent values end within the bound."""

from __future__ import annotations

import pytest
import torch

from ucch.optim import ClipRule


def test_it_clips_in_place() -> None:
    latent = torch.tensor([-2.0, -0.5, 0.25, 9.0])
    ClipRule(0.5).move(latent, None)
    assert latent.tolist() == [-0.5, -0.5, 0.25, 0.5]


def test_a_bound_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="bound must be a finite number above 0, got 0.0"):
        ClipRule(0.0)
