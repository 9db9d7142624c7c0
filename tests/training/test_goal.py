"""What the codes are for, decided without labels."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.kit import small_pairs, small_recipe
from ucch.data import Pairs
from ucch.training import choose_goal


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
def test_a_gap_between_the_modalities_does_not_count(gap: float) -> None:
    assert choose_goal(small_recipe(), aligned_pairs(gap=gap)).goal == "both"
    pairs = aligned_pairs(gap=gap)
    turned = Pairs(pairs.image, pairs.text[:, np.random.default_rng(0).permutation(24)])
    assert choose_goal(small_recipe(), turned).reason == "the modalities share no space, partners are not near in it"


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


def test_groups_are_looked_for_in_a_sample_however_many_pairs_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A teacher is fitted on so many pairs at most; the question whether they come in groups is asked all the same."""
    monkeypatch.setattr("ucch.training.goal._ASKED", 240)
    choice = choose_goal(small_recipe("most_pairs=300"), grouped_pairs(480))
    assert (choice.goal, choice.reason) == ("categories", "pairs come in groups")
