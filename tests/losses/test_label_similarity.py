"""Label similarity against sets."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ucch.losses import compact_label_similarity, labels_overlap


def random_labels(n_rows: int, n_classes: int, seed: int) -> Tensor:
    return torch.rand(n_rows, n_classes, generator=torch.Generator().manual_seed(seed)) < 0.3


def classes(row: Tensor) -> set[int]:
    return set(row.nonzero().squeeze(1).tolist())


def test_both_equal_sets() -> None:
    first, second = random_labels(20, 9, 0), random_labels(15, 9, 1)
    overlap, similarity = labels_overlap(first, second), compact_label_similarity(first, second)
    assert not first.any(dim=1).all()  # a row without a class is among them
    for i in range(20):
        for j in range(15):
            one, other = classes(first[i]), classes(second[j])
            assert overlap[i, j].item() == bool(one & other)
            expected = len(one & other) / len(one | other) if one | other else 0.0
            assert similarity[i, j].item() == pytest.approx(expected, abs=1e-7)


def test_equal_labels_are_one_and_empty_ones_nothing() -> None:
    labels = torch.tensor([[1, 1, 0], [0, 0, 0], [1, 1, 0]])
    assert compact_label_similarity(labels, labels).tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 1]]
    assert not labels_overlap(labels, labels)[1].any()


def test_dropping_classes_nobody_has_changes_nothing() -> None:
    labels = random_labels(8, 6, 2)
    wide = torch.cat([labels, torch.zeros(8, 50, dtype=torch.bool)], dim=1)
    assert torch.equal(compact_label_similarity(labels, labels), compact_label_similarity(wide, wide))


def test_counts_are_exact_under_bfloat16_autocast() -> None:
    labels = torch.ones(2, 1001)
    labels[1, 0] = 0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        similarity = compact_label_similarity(labels, labels)
    assert similarity.dtype == torch.float32
    assert similarity[0, 1].item() == pytest.approx(1000 / 1001, abs=1e-7)


@pytest.mark.parametrize("function", [labels_overlap, compact_label_similarity])
def test_refuses_what_does_not_fit(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match=r"second must have shape \(rows, 3\), got shape \(2, 4\)"):
        function(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"first must have two dimensions, got shape \(3,\)"):
        function(torch.zeros(3), torch.zeros(2, 3))
