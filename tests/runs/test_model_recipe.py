"""The recipe of a model."""

from __future__ import annotations

import pytest

from tests.training.kit import small_pairs, small_recipe
from ucch.errors import RecipeError
from ucch.recipe import Recipe
from ucch.runs.model_recipe import model_recipe
from ucch.training.build import build_model


def test_a_model_carries_the_recipe_it_was_trained_by() -> None:
    recipe = small_recipe("start=random", "learning_rate=0.02")
    model = build_model(recipe, small_pairs())
    assert model_recipe(model) == recipe
    assert model_recipe(model, lambda: Recipe()) == recipe  # which is not asked for


def test_one_that_carries_none_has_that_of_its_run_or_its_bits() -> None:
    model = build_model(small_recipe("start=random"), small_pairs())
    model.recipe = ""
    assert model_recipe(model) == Recipe(bits=12)
    assert model_recipe(model, small_recipe) == small_recipe()


def test_one_that_cannot_be_read_is_refused() -> None:
    model = build_model(small_recipe("start=random"), small_pairs())
    model.recipe = "colour = 3"
    with pytest.raises(RecipeError, match="recipe has no key 'colour'"):
        model_recipe(model)
