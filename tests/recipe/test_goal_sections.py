"""Names of goals, and the section of the objective."""

from __future__ import annotations

import typing

import pytest

from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe, with_settings
from ucch.recipe.goal_sections import GOALS, GoalName
from ucch.training.objectives.neighbors import PARTNER_SHARE


def test_every_goal_has_its_share_and_names_are_forgiving() -> None:
    assert {"auto", *GOALS} == set(typing.get_args(typing.get_args(GoalName)[0]))
    assert set(PARTNER_SHARE) == set(GOALS) - {"categories"}
    assert with_settings(Recipe(), ["goal=Both"]).goal == "both"


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
