"""What the codes are for, decided without labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.data import Pairs
from ucch.teachers import partner_percentile
from ucch.training import choose_goal
from ucch.training.closed_form import shares_a_space


def aligned_pairs(n: int = 240, width: int = 24, seed: int = 0, *, gap: float = 0.0) -> Pairs:
    """Two noisy looks at one point of a space, with a fixed offset between the modalities."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, width)) * np.linspace(1.5, 0.3, width)
    image, text = (points + 0.25 * rng.normal(size=points.shape) for _ in range(2))
    return Pairs(image.astype(np.float32), (text + gap).astype(np.float32))


def grouped_pairs(n: int = 240, width: int = 24) -> Pairs:
    """The same space, but a pair is hardly more than its group."""
    rng = np.random.default_rng(0)
    centres = 2 * rng.normal(size=(6, width))
    group = rng.integers(0, 6, n)
    own = 0.6 * rng.normal(size=(n, width))
    image, text = (centres[group] + own + 0.3 * rng.normal(size=(n, width)) for _ in range(2))
    return Pairs(image.astype(np.float32), text.astype(np.float32))


@pytest.mark.parametrize("gap", [0.0, 3.0])
def test_a_shared_space_is_told_from_one_that_is_not(gap: float) -> None:
    pairs = aligned_pairs(gap=gap)
    image, text = (torch.from_numpy(np.asarray(rows)) for rows in (pairs.image, pairs.text))
    assert partner_percentile(image, text) > 0.95
    assert shares_a_space(image, text)
    shuffled = text[:, torch.randperm(24, generator=torch.Generator().manual_seed(0))]
    assert partner_percentile(image, shuffled) < 0.8
    assert not shares_a_space(image, shuffled)
    assert partner_percentile(image, text.roll(1, 0)) == pytest.approx(0.5, abs=0.06)
    assert not shares_a_space(image, text[:, :20])


def test_a_percentile_against_a_loop() -> None:
    image, text = torch.randn(7, 3), torch.randn(7, 3)
    a, b = (torch.nn.functional.normalize(rows - rows.mean(dim=0), dim=1) for rows in (image, text))
    cosine = a @ b.T
    ahead = [cosine[i, j] < cosine[i, i] for i in range(7) for j in range(7) if i != j]
    ahead += [cosine[j, i] < cosine[i, i] for i in range(7) for j in range(7) if i != j]
    assert partner_percentile(image, text) == pytest.approx(np.mean(ahead))
    with pytest.raises(ValueError, match="image and text must be equally wide, got 3 and 2 columns"):
        partner_percentile(image, text[:, :2])


def test_auto_keeps_both_where_spaces_are_shared_and_pairs_are_more_than_groups() -> None:
    choice = choose_goal(small_recipe(), aligned_pairs())
    assert choice.goal == choice.recipe.goal == "both"
    assert (choice.recipe.objective, choice.recipe.model.start) == ("neighbors", "closed-form")
    assert "share a space" in str(choice)
    assert choose_goal(choice.recipe, small_pairs()).recipe == choice.recipe  # settled for good


@pytest.mark.parametrize(
    ("settings", "pairs", "processes", "reason"),
    [
        ((), small_pairs(), 1, "widths differ"),
        ((), Pairs(aligned_pairs().image, aligned_pairs(seed=9).text), 1, "partners are not near"),
        ((), grouped_pairs(), 1, "pairs come in groups"),
        ((), aligned_pairs(40), 1, "40 pairs are too few"),
        ((), aligned_pairs(), 2, "2 processes train together"),
        (("optimizer=bop",), aligned_pairs(), 1, "the recipe says how to train"),
        (("similarity=none",), aligned_pairs(), 1, "the recipe says how to train"),
        (("start=random",), aligned_pairs(), 1, "the recipe says how to train"),
        (("goal=categories",), aligned_pairs(), 1, "as asked for"),
    ],
)
def test_elsewhere_it_is_ucch_by_itself(settings: tuple[str, ...], pairs: Pairs, processes: int, reason: str) -> None:
    recipe = small_recipe(*settings)
    choice = choose_goal(recipe, pairs, n_processes=processes)
    assert choice.goal == "categories"
    assert reason in choice.reason
    assert (choice.recipe.objective, choice.recipe.model.start) == ("ucch", "random")


@pytest.mark.parametrize("goal", ["both", "partners", "neighbors"])
def test_what_is_asked_for_is_done_whatever_the_pairs(goal: str) -> None:
    choice = choose_goal(small_recipe(f"goal={goal}"), small_pairs())
    assert (choice.goal, choice.recipe.objective, choice.reason) == (goal, "neighbors", "as asked for")
