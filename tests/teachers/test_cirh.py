"""CIRH's similarity."""

from __future__ import annotations

import math

import pytest
import torch

from tests.teachers.kit import as_matrix, cosine_matrix, features
from ucch.teachers import cirh_similarity


def test_loop() -> None:
    image, text = features()
    n, w, g, n_kept = 7, 0.6, 0.4, 3  # ceil(.4 * 7)
    ci, ct = cosine_matrix(image), cosine_matrix(text)
    near = [[w * ci[i][j] + (1 - w) * ct[i][j] for j in range(n)] for i in range(n)]
    for row in near:
        kept = sorted(range(n), key=lambda j: -row[j])[:n_kept]
        for j in set(range(n)) - set(kept):
            row[j] = 0.0
    graph = [[2 / (1 + math.exp(-near[i][j])) - 1 + (i == j) for j in range(n)] for i in range(n)]
    degree = [sum(abs(x) for x in row) for row in graph]
    expected = [
        [(1 - g) * near[i][j] + g * graph[i][j] / math.sqrt(degree[i] * degree[j]) for j in range(n)] for i in range(n)
    ]
    torch.testing.assert_close(cirh_similarity(image, text), as_matrix(expected))


def test_errors() -> None:
    with pytest.raises(ValueError, match="kept_share must lie in"):
        cirh_similarity(*features(), kept_share=1.5)
