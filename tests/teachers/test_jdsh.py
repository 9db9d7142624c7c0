"""JDSH's similarity and its thresholds."""

from __future__ import annotations

import math

import pytest
import torch

from tests.teachers.kit import as_matrix, cosine_matrix, features
from ucch.teachers import Thresholds, fit_thresholds, jdsh_joint, jdsh_similarity


def joint_by_loop(a: float, b: float, c: float) -> list[list[float]]:
    image, text = features()
    n = len(image)
    by_image, by_text = ([[2 * x - 1 for x in row] for row in cosine_matrix(rows)] for rows in (image, text))

    def cross(i: int, j: int) -> float:
        dot = sum(by_image[i][k] * by_text[j][k] for k in range(n))
        return dot / math.sqrt(sum(x * x for x in by_image[i]) * sum(x * x for x in by_text[j]))

    return [
        [a * by_image[i][j] + b * by_text[i][j] + c * (cross(i, j) + cross(j, i)) / 2 for j in range(n)]
        for i in range(n)
    ]


def test_joint_loop() -> None:
    found = jdsh_joint(*features(), image_weight=0.4, text_weight=0.35, cross_weight=0.25)
    torch.testing.assert_close(found, as_matrix(joint_by_loop(0.4, 0.35, 0.25)))


def test_sharpening_loop() -> None:
    joint = joint_by_loop(0.5, 0.1, 0.4)
    t = Thresholds(left=-0.6, right=0.1, low=-0.8, high=0.5)

    def sharpened(s: float) -> float:
        if s < t.left:
            s *= 1 + 0.1 * math.exp(-(s - t.low))
        elif s > t.right:
            s *= 1 + 0.2 * math.exp(s - t.high)
        return 1.4 * s

    flat = [s for row in joint for s in row]
    assert min(flat) < t.left < t.right < max(flat)
    expected = as_matrix([[sharpened(s) for s in row] for row in joint])
    torch.testing.assert_close(jdsh_similarity(*features(), t), expected)


def test_thresholds_are_quantiles_of_what_is_off_the_diagonal() -> None:
    joint = torch.tensor([[9.0, 1.0, 2.0], [3.0, 9.0, 4.0], [5.0, 6.0, -9.0]])
    assert fit_thresholds(joint, left=0.2, right=0.8) == Thresholds(left=2.0, right=5.0, low=1.0, high=6.0)


def test_errors() -> None:
    with pytest.raises(ValueError, match="at least two items"):
        fit_thresholds(torch.ones(1, 1))
    with pytest.raises(ValueError, match="left must lie in"):
        fit_thresholds(torch.ones(3, 3), left=0.9, right=0.5)
    with pytest.raises(ValueError, match="got 2 and 3 rows"):
        jdsh_joint(torch.ones(2, 2), torch.ones(3, 2))
