"""Names of goals, and the section of the objective."""

from __future__ import annotations

import typing

import pytest

from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe, with_settings
from ucch.recipe.goal_sections import GOALS, PARTNER_SHARE, GoalName


def test_every_goal_has_its_share_and_names_are_forgiving() -> None:
    assert {"auto", *GOALS} == set(typing.get_args(typing.get_args(GoalName)[0]))
    assert set(PARTNER_SHARE) == set(GOALS) - {"categories"}
    assert with_settings(Recipe(), ["goal=Both"]).goal == "both"


@pytest.mark.parametrize(
    ("bits", "goal", "nested", "numbers"),
    [
        (128, "both", False, (8.0, 0.5, 1024, 0.1, 768)),
        (128, "partners", False, (8.0, 0.5, 1024, 0.3, 768)),
        (64, "neighbors", False, (8.0, 0.5, 1024, 0.0, 768)),
        (129, "both", False, (64.0, 0.3, 0, 0.0, 1024)),
        (256, "partners", False, (64.0, 0.3, 0, 0.0, 1024)),
        (256, "both", True, (8.0, 0.5, 1024, 0.1, 768)),  # its short prefixes decide
    ],
)
def test_auto_goes_by_the_length(bits: int, goal: str, nested: bool, numbers: tuple[float, ...]) -> None:
    section = Recipe().neighbors.settled(bits, goal, nested=nested)
    shape = section.hidden_width, section.partner_share, section.neighbor_batch
    assert (section.n_alike, section.noise, *shape) == numbers
    assert section.settled(32, "neighbors") == section  # settled for good


def test_what_is_said_stays_at_every_length() -> None:
    said = with_settings(
        Recipe(), ["n_alike=3", "hidden_width=7", "neighbors.noise=0", "partner_share=.2", "neighbor_batch=64"]
    ).neighbors
    assert said.settled(64, "both") == said.settled(256, "partners") == said


@pytest.mark.parametrize("name", ["ucch-paper", "uchm-like"])
def test_published_recipes_train_as_published(name: str) -> None:
    assert load_recipe(name).goal == "categories"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("goal=everything", "recipe key goal: input should be 'auto', 'categories', .* got 'everything'"),
        ("start=warm", "recipe key model.start: input should be 'auto', 'closed-form' or 'random', got 'warm'"),
        ("partner_share=1.0", "recipe key neighbors.partner_share: .*less than 1"),
        ("neighbors.noise=-1", "recipe key neighbors.noise: input should be greater than or equal to 0, got -1"),
    ],
)
def test_what_does_not_fit_is_refused(setting: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        with_settings(Recipe(), [setting])
