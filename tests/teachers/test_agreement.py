"""Agreement of two modalities on who is alike."""

from __future__ import annotations

import pytest
import torch

from tests.teachers.kit import cosine, features
from ucch.teachers import neighbor_lift


def test_loop() -> None:
    image, text = features(11)
    n, k = 11, 3  # round(.25 * 11)
    total = 0
    for i in range(n):
        near = [
            set(sorted((j for j in range(n) if j != i), key=lambda j: -cosine(rows[i], rows[j]))[:k])
            for rows in (image, text)
        ]
        total += len(near[0] & near[1])
    assert neighbor_lift(image, text, share=0.25) == pytest.approx(total / n / (k * k / (n - 1)))


def test_unrelated_modalities_lift_nothing_and_equal_ones_all() -> None:
    generator = torch.Generator().manual_seed(0)
    image, text = (torch.randn(800, 6, generator=generator) for _ in range(2))
    assert neighbor_lift(image, text) == pytest.approx(1.0, abs=0.1)
    assert neighbor_lift(image, image) == pytest.approx(799 / 40)


def test_errors() -> None:
    with pytest.raises(ValueError, match="one row per item and at least two"):
        neighbor_lift(torch.ones(3, 2), torch.ones(2, 2))
    with pytest.raises(ValueError, match="share must lie in"):
        neighbor_lift(torch.ones(3, 2), torch.ones(3, 2), share=2.0)
