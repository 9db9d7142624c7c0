"""Negative labels: never empty, never sharing a class, and drawn by the law that is promised."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from ucch.data import NegativeLabelGenerator


def one_hot(n_classes: int, n_each: int = 1) -> Tensor:
    return torch.eye(n_classes, dtype=torch.bool).repeat_interleave(n_each, dim=0)


def random_labels(n_rows: int, n_classes: int, share: float, generator: torch.Generator) -> Tensor:
    return torch.rand(n_rows, n_classes, generator=generator) < share


@pytest.mark.parametrize("n_classes", [2, 3, 10, 64, 65, 255])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
@pytest.mark.parametrize("n_negatives", [1, 2, 9])
def test_never_empty_and_never_a_shared_class(
    n_classes: int, share: float, n_negatives: int, generator: torch.Generator
) -> None:
    labels = random_labels(200, n_classes, share, generator)
    labels[0] = False
    labels[1, 0] = True
    own = labels[~labels.all(dim=1)][:64]
    negatives = NegativeLabelGenerator(labels, n_negatives, generator=generator)(own)
    assert negatives.shape == (len(own), n_negatives, n_classes)
    assert negatives.dtype == torch.bool
    assert negatives.any(dim=2).all()
    assert not (negatives & own[:, None]).any()


def test_made_up_labels_follow_the_conditional_law(generator: torch.Generator) -> None:
    """Class frequencies of the first half: none on own classes, else P(set) over P(not empty), as redrawing gives."""
    n_classes, n_draws = 20, 20_000
    own = torch.zeros(n_draws, n_classes, dtype=torch.bool)
    own[:, [2, 7, 11]] = True
    negatives = NegativeLabelGenerator(one_hot(n_classes), 2, generator=generator)(own)[:, 0]
    p = 5 / n_classes
    expected = p / (1 - (1 - p) ** 17)
    frequency = negatives.float().mean(dim=0)
    free = [c for c in range(n_classes) if c not in (2, 7, 11)]
    assert frequency[[2, 7, 11]].abs().max().item() == 0.0
    deviation = (expected * (1 - expected) / n_draws) ** 0.5
    assert (frequency[free] - expected).abs().max().item() < 4 * deviation
    together = (negatives[:, 0] & negatives[:, 1]).float().mean().item()  # classes are drawn independently
    assert together == pytest.approx(p * p / (1 - (1 - p) ** 17), abs=4 * (p * p / n_draws) ** 0.5)


@pytest.mark.parametrize("rare", [1, 50])
def test_taken_labels_are_uniform_over_the_items_that_fit(rare: int, generator: torch.Generator) -> None:
    """Also where hardly one item in two thousand fits, so that the bounded redrawing ends and the list decides."""
    common = torch.tensor([[True, False, False, False]]).repeat(2000 - 40 * rare, 1)
    others = torch.tensor([[False, True, False, False], [False, False, True, True], [True, True, False, False]])
    labels = torch.cat([common, others.repeat_interleave(torch.tensor([3, 1, 2]) * rare, dim=0)])
    n_draws = 600
    own = torch.tensor([[True, False, False, False]]).repeat(n_draws, 1)
    taken = NegativeLabelGenerator(labels, 2, generator=generator)(own)[:, 1]
    counts = [(taken == label).all(dim=1).sum().item() for label in others]
    assert counts[2] == 0
    assert counts[0] + counts[1] == n_draws
    assert counts[0] / n_draws == pytest.approx(0.75, abs=4 * (0.75 * 0.25 / n_draws) ** 0.5)


def test_half_are_made_up_and_half_are_labels_of_items(generator: torch.Generator) -> None:
    labels = one_hot(40, 3)
    negatives = NegativeLabelGenerator(labels, 9, generator=generator)(labels[:30])
    assert (negatives[:, 4:].sum(dim=2) == 1).all()  # every item has one class
    assert (negatives[:, :4].sum(dim=2) > 1).float().mean().item() > 0.8  # made-up ones have about five


def test_where_no_item_fits_a_made_up_label_takes_its_place(generator: torch.Generator) -> None:
    labels = torch.tensor([[True, True, False], [True, False, False], [True, False, True]])
    negatives = NegativeLabelGenerator(labels, 5, generator=generator)(labels)
    assert negatives.any(dim=2).all()
    assert not negatives[:, :, 0].any()
    assert negatives[0].tolist() == [[False, False, True]] * 5


def test_the_only_free_class_is_found_among_many(generator: torch.Generator) -> None:
    labels = torch.ones(4, 255, dtype=torch.bool)
    labels[:, 17] = False
    negatives = NegativeLabelGenerator(labels, 6, generator=generator)(labels)
    assert negatives.nonzero()[:, 2].tolist() == [17] * 24


def test_rows_without_a_class_are_never_drawn_and_receive_any_label(generator: torch.Generator) -> None:
    labels = torch.cat([torch.zeros(500, 3, dtype=torch.bool), one_hot(3)])
    negatives = NegativeLabelGenerator(labels, 40, generator=generator)(torch.zeros(1, 3, dtype=torch.bool))
    assert negatives.any(dim=2).all()
    assert negatives[0, 20:].any(dim=0).all()


def test_one_seed_gives_one_draw() -> None:
    labels = one_hot(12, 2)
    draws = [NegativeLabelGenerator(labels, 9, generator=torch.Generator().manual_seed(seed)) for seed in (5, 5, 6)]
    first, again, other = (draw(labels) for draw in draws)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_batch_is_read_only_and_zeros_and_ones_do_as_well() -> None:
    labels = np.eye(5, dtype=np.float32)
    own = torch.from_numpy(labels.copy())
    NegativeLabelGenerator(torch.from_numpy(labels))(own)
    assert torch.equal(own, torch.eye(5))


def test_refuses_what_cannot_work() -> None:
    with pytest.raises(
        ValueError,
        match=r"labels must have at least 2 classes, got shape \(4, 1\); with one class every label shares it",
    ):
        NegativeLabelGenerator(torch.ones(4, 1))
    with pytest.raises(ValueError, match="labels must have at least one row with a class, got 3 empty rows"):
        NegativeLabelGenerator(torch.zeros(3, 4))
    with pytest.raises(ValueError, match=r"labels must be multi-hot of shape \(rows, classes\), got shape \(3,\)"):
        NegativeLabelGenerator(torch.zeros(3))
    with pytest.raises(ValueError, match="labels must hold only 0 and 1, got torch.int64 from 0 to 2"):
        NegativeLabelGenerator(torch.tensor([[0, 2]]))
    with pytest.raises(TypeError, match="n_negatives must be an int of at least 1, got 2.0"):
        NegativeLabelGenerator(one_hot(3), 2.0)  # type: ignore[arg-type]
    draw = NegativeLabelGenerator(one_hot(3))
    with pytest.raises(ValueError, match=r"own must have 3 classes, got shape \(2, 4\)"):
        draw(torch.zeros(2, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match="own must leave a class free, but row 1 carries all 3; leave such rows out"):
        draw(torch.tensor([[True, False, False], [True, True, True]]))
