"""What propagation gains on dimensions it has not seen."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.teachers.kit import cosine, features
from ucch.teachers import joint_rows, propagation_gain


def grouped(n: int = 240, own: float = 0.0) -> tuple[Tensor, Tensor]:
    """Four groups in much noise; with ``own``, each item also has something of its own that both modalities show."""
    generator = torch.Generator().manual_seed(0)
    group, single = torch.arange(n) % 4, own * torch.randn(n, 12, generator=generator)
    return tuple(  # type: ignore[return-value]
        torch.randn(4, width, generator=generator)[group]
        + single @ torch.randn(12, width, generator=generator) / 3
        + 1.5 * torch.randn(n, width, generator=generator)
        for width in (60, 40)
    )


def near(rows: Tensor, others: Tensor, k: int) -> list[set[int]]:
    n = len(rows)
    return [
        set(sorted((j for j in range(n) if j != i), key=lambda j: -cosine(rows[i], others[j]))[:k]) for i in range(n)
    ]


def test_loop() -> None:
    """By sorting, with a propagation that is easy to write down: an item's row is the mean of the first three's."""
    image, text = features(12)

    def propagate(image: Tensor, text: Tensor) -> Tensor:
        rows = joint_rows(image, text)
        return rows + rows[:3].mean(dim=0)

    draw = torch.Generator().manual_seed(5)
    by_image, by_text = torch.randperm(4, generator=draw), torch.randperm(3, generator=draw)
    halves = [(image[:, by_image[:2]], text[:, by_text[:1]]), (image[:, by_image[2:]], text[:, by_text[1:]])]
    plain, gained = 0, 0
    for seen, unseen in ((0, 1), (1, 0)):
        theirs = joint_rows(*halves[unseen])
        truth = near(theirs, theirs, 4)  # round(.3 * 12)
        for which in ("cosines", "propagated"):
            rows = joint_rows(*halves[seen]) if which == "cosines" else propagate(*halves[seen])
            products = rows @ rows.T
            for i in range(12):
                found = sorted((j for j in range(12) if j != i), key=lambda j: -products[i, j].item())[:4]
                count = len(set(found) & truth[i])
                plain, gained = (plain + count, gained) if which == "cosines" else (plain, gained + count)
    found_gain = propagation_gain(image, text, share=0.3, propagate=propagate, seed=5)
    assert found_gain == pytest.approx(gained / plain)
    assert gained != plain


def test_it_pays_where_items_come_in_groups_and_not_where_each_is_its_own() -> None:
    assert propagation_gain(*grouped(), share=0.2) > 1.1
    assert propagation_gain(*grouped(own=3.0), share=0.2) < 0.9


def test_clear_groups_have_no_noise_to_drop() -> None:
    group = torch.eye(4).repeat(1, 10)[torch.arange(200) % 4]
    clear = [group + 0.05 * torch.randn(200, 40, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2)]
    assert propagation_gain(*clear, n_splits=4) == pytest.approx(1.0, abs=0.03)


def test_splits_are_added_up() -> None:
    """Two splits are the first and the one that follows it in the same stream of draws."""
    image, text = grouped(60)
    both = propagation_gain(image, text, n_splits=2, seed=3)
    first = propagation_gain(image, text, seed=3)
    assert both != first
    assert abs(both - first) < 0.2


def test_a_similarity_that_changes_nothing_gains_nothing() -> None:
    assert propagation_gain(*grouped(60), propagate=joint_rows) == 1.0


def test_nothing_is_drawn_from_the_global_generator() -> None:
    before = torch.get_rng_state()
    assert propagation_gain(*grouped(60)) == propagation_gain(*grouped(60))
    assert torch.equal(before, torch.get_rng_state())


def test_errors() -> None:
    with pytest.raises(ValueError, match="text must have at least two columns to be halved, got 1"):
        propagation_gain(torch.ones(3, 2), torch.ones(3, 1))
    with pytest.raises(ValueError, match="one row per item and at least two, got 3 and 2 rows"):
        propagation_gain(torch.ones(3, 2), torch.ones(2, 2))
    with pytest.raises(ValueError, match="n_splits must be"):
        propagation_gain(torch.ones(3, 2), torch.ones(3, 2), n_splits=0)
    with pytest.raises(ValueError, match="share must lie in"):
        propagation_gain(torch.ones(3, 2), torch.ones(3, 2), share=-0.1)
