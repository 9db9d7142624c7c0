"""Neighbour lists, and the overlap of neighbourhoods."""

from __future__ import annotations

import pytest
import torch

from ucch.teachers import Neighbors, neighbor_lists


def similarity(n: int = 9) -> torch.Tensor:
    rows = torch.randn(n, n, generator=torch.Generator().manual_seed(0))
    return rows + rows.T + 1


def test_lists_by_loop() -> None:
    s = similarity()
    found = neighbor_lists(lambda rows: s[rows], 9, n_neighbors=3, chunk=4)
    for i in range(9):
        others = sorted((j for j in range(9) if j != i), key=lambda j: -s[i, j].item())[:3]
        assert found.index[i].tolist() == others
        values = torch.tensor([max(0.0, s[i, j].item()) for j in others])
        torch.testing.assert_close(found.weight[i], values / values.sum())


def test_chunks_agree_and_the_similarity_is_left_as_it_was() -> None:
    s = similarity()
    before = s.clone()
    whole, parts = (neighbor_lists(lambda rows: s[rows], 9, n_neighbors=20, chunk=chunk) for chunk in (None, 2))
    assert torch.equal(whole.index, parts.index)
    assert torch.equal(whole.weight, parts.weight)
    assert whole.index.shape == (9, 8)
    assert torch.equal(s, before)


def test_overlap_is_the_product_of_the_dense_matrix() -> None:
    s = similarity()
    lists = neighbor_lists(lambda rows: s[rows], 9, n_neighbors=3)
    dense = torch.zeros(9, 9).scatter_(1, lists.index, lists.weight)
    rows, others = torch.tensor([4, 0]), torch.tensor([8, 4, 2])
    torch.testing.assert_close(lists.overlap(rows, others), (dense @ dense.T)[rows][:, others])
    torch.testing.assert_close(lists.overlap(rows), (dense @ dense.T)[rows][:, rows])


def test_rows_without_any_like_them_have_no_weight() -> None:
    lists = neighbor_lists(lambda rows: torch.zeros(3, 3)[rows], 3, n_neighbors=2)
    assert lists.weight.tolist() == [[0.0, 0.0]] * 3


def test_errors() -> None:
    with pytest.raises(ValueError, match="n_rows must be at least 2"):
        neighbor_lists(lambda rows: torch.ones(1, 1)[rows], 1, n_neighbors=1)
    with pytest.raises(ValueError, match="n_neighbors"):
        neighbor_lists(lambda rows: torch.ones(3, 3)[rows], 3, n_neighbors=0)


def test_lists_of_one_neighbour() -> None:
    lists = Neighbors(torch.tensor([[1], [2], [1]]), torch.ones(3, 1))
    assert lists.overlap(torch.arange(3)).tolist() == [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
