"""DGCPN's similarity."""

from __future__ import annotations

import pytest
import torch

from tests.teachers.kit import as_matrix, cosine_matrix, features
from ucch.teachers import dgcpn_neighbors, dgcpn_similarity


def test_loop() -> None:
    image, text = features(9)
    k, w, a = 3, 0.9, 0.3
    ci, ct = cosine_matrix(image), cosine_matrix(text)
    mixed = [[w * ci[i][j] + (1 - w) * ct[i][j] for j in range(9)] for i in range(9)]
    p = [[0.0] * 9 for _ in range(9)]
    for i in range(9):
        near = sorted((j for j in range(9) if j != i), key=lambda j: -mixed[i][j])[:k]
        total = sum(max(0.0, mixed[i][j]) for j in near)
        for j in near:
            p[i][j] = max(0.0, mixed[i][j]) / total
    shared = [[sum(x * y for x, y in zip(p[i], p[j], strict=True)) for j in range(9)] for i in range(9)]
    expected = as_matrix(
        [[2 * ((1 - a) * mixed[i][j] + a * 2 * k * shared[i][j]) - 1 for j in range(9)] for i in range(9)]
    )
    neighbors = dgcpn_neighbors(image, text, n_neighbors=k, image_weight=w)
    rows = torch.tensor([5, 0, 7, 2])
    found = dgcpn_similarity(image[rows], text[rows], rows, neighbors, image_weight=w, neighbor_share=a)
    torch.testing.assert_close(found, expected[rows][:, rows])


def test_the_published_factor_is_that_of_the_published_size() -> None:
    """Two rows with the same k equal neighbours have k P P^T = 1, so 2 k is 4,000 at k = 2,000."""
    text = torch.cat([torch.ones(6, 1), torch.eye(6)], dim=1)  # every two rows have cosine .5
    neighbors = dgcpn_neighbors(text, text, n_neighbors=5)
    shared = 5 * neighbors.overlap(torch.arange(6))
    assert shared.diagonal().tolist() == pytest.approx([1.0] * 6)


def test_errors() -> None:
    with pytest.raises(ValueError, match="image_weight"):
        dgcpn_neighbors(*features(), image_weight=1.5)
    with pytest.raises(ValueError, match="got 7 and 6 rows"):
        dgcpn_neighbors(features()[0], features(6)[1])
