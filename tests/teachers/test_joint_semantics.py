"""The joint similarity propagated over a graph."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.teachers.kit import as_matrix, cosine_matrix, features
from ucch.teachers import (
    JointSemantics,
    Neighbors,
    Teacher,
    diffusion_rows,
    joint_rows,
    joint_semantics_rows,
    neighbor_lists,
)


def test_joint_rows_have_mixed_cosines() -> None:
    image, text = features()
    rows = joint_rows(image, text, 0.3)
    expected = 0.3 * as_matrix(cosine_matrix(image)) + 0.7 * as_matrix(cosine_matrix(text))
    torch.testing.assert_close(rows @ rows.T, expected)


@pytest.mark.parametrize("n_steps", [1, 3])
def test_inner_products_are_those_of_lazy_walks(n_steps: int) -> None:
    """With every component kept, R R^T is ((I + M) / 2)^(2 t), by repeated multiplication."""
    s = torch.rand(12, 12, generator=torch.Generator().manual_seed(0))
    lists = neighbor_lists(lambda rows: s[rows], 12, n_neighbors=4)
    dense = np.zeros((12, 12))
    for i in range(12):
        for j, w in zip(lists.index[i].tolist(), lists.weight[i].tolist(), strict=True):
            dense[i, j] += w / 2
            dense[j, i] += w / 2
    degree = dense.sum(axis=1)
    lazy = (np.eye(12) + dense / np.sqrt(degree[:, None] * degree[None])) / 2
    expected = np.eye(12)
    for _ in range(2 * n_steps):
        expected = expected @ lazy
    rows = diffusion_rows(lists, n_components=10, n_steps=n_steps).numpy()
    left_out = np.sort(np.linalg.eigvalsh(lazy))[:2] ** (2 * n_steps)
    assert np.abs(rows @ rows.T - expected).max() <= left_out.sum() + 1e-5


def test_two_items_do() -> None:
    lists = Neighbors(torch.tensor([[1], [0]]), torch.ones(2, 1))
    rows = diffusion_rows(lists)
    torch.testing.assert_close(rows @ rows.T, torch.full((2, 2), 0.5))


def classes(n: int = 120) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    label = torch.arange(n) % 3
    views = [torch.randn(3, d, generator=generator)[label] for d in (8, 5)]
    image, text = (view + 0.9 * torch.randn(view.shape, generator=generator) for view in views)
    return image, text, label


@pytest.mark.parametrize("n_anchors", [8192, 60])
def test_alike_items_come_together_with_and_without_anchors(n_anchors: int) -> None:
    image, text, label = classes()
    teacher = Teacher("joint-semantics", joint_semantics_rows(image, text, n_components=8, n_anchors=n_anchors))
    nearest = teacher.nearest(torch.arange(120), 10)
    plain = Teacher("plain", joint_rows(image, text)).nearest(torch.arange(120), 10)
    precision, before = ((label[near] == label[:, None]).float().mean().item() for near in (nearest, plain))
    assert precision > before - 0.02
    assert precision > 0.9


@pytest.mark.parametrize("width", [8, 300])
def test_other_items_stand_where_their_nearest_anchors_do(width: int) -> None:
    """Items it was fitted to get the rows they have, with anchors and, wide, by the directions kept."""
    generator = torch.Generator().manual_seed(0)
    image, text = (torch.randn(400, d, generator=generator) for d in (width, 5))
    fitted = JointSemantics(image, text, n_components=8, n_anchors=60)
    some = torch.tensor([3, 250, 7])
    torch.testing.assert_close(fitted.rows_of(image[some], text[some]), fitted.rows()[some], atol=0.05, rtol=0)
    assert torch.equal(fitted.rows(), joint_semantics_rows(image, text, n_components=8, n_anchors=60))


def test_equal_inputs_give_equal_rows() -> None:
    image, text, _ = classes()
    assert torch.equal(joint_semantics_rows(image, text), joint_semantics_rows(image, text))


def test_errors() -> None:
    with pytest.raises(ValueError, match="got 3 and 2 rows"):
        joint_semantics_rows(torch.ones(3, 2), torch.ones(2, 2))
