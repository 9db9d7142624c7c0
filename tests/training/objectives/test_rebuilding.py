"""Errors of rebuilding against loops."""

from __future__ import annotations

import torch
from torch.nn.functional import cosine_similarity

from ucch.training.objectives.rebuilding import rebuilding_errors


def test_by_loops(generator: torch.Generator) -> None:
    image, text, similarity = (torch.randn(shape, generator=generator) for shape in ((4, 3), (4, 3), (4, 4)))
    ours = rebuilding_errors(image, text, similarity)
    for error, (first, second) in zip(ours, ((image, image), (image, text), (text, text)), strict=True):
        squares = [
            (cosine_similarity(first[i], second[j], dim=0) - similarity[i, j]) ** 2 for i in range(4) for j in range(4)
        ]
        torch.testing.assert_close(error, torch.stack(squares).mean())


def test_codes_that_have_the_similarity_cost_nothing() -> None:
    codes = torch.tensor([[1.0, 1.0], [1.0, -1.0]])
    assert torch.stack(rebuilding_errors(codes, codes, torch.eye(2))).sum() < 1e-12
