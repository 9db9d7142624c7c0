"""Recipes: defaults, TOML and back, values checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe, recipe_names
from ucch.recipe.baseline_sections import BASELINES
from ucch.recipe.objective_names import OBJECTIVES
from ucch.recipe.recipe import METHODS, known_keys, nearest


def test_the_default_recipe_is_the_default_of_every_field() -> None:
    assert load_recipe("default") == Recipe()


def test_toml_gives_the_same_recipe_back(tmp_path: Path) -> None:
    recipe = load_recipe("ucch-paper", ["bits=16", "data_root=/some/where", "shift=1"])
    (tmp_path / "mine.toml").write_text(recipe.to_toml())
    assert load_recipe(tmp_path / "mine.toml") == recipe
    assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_values_are_checked_by_section() -> None:
    assert Recipe.from_values({"bits": 16, "loss": {"kappa": 2}}).loss.kappa == 2.0
    with pytest.raises(RecipeError, match="recipe has no key 'los'"):
        Recipe.from_values({"los": {"kappa": 2}})


def test_known_keys_stand_with_their_sections_in_the_order_of_the_fields() -> None:
    keys = known_keys()
    assert keys[:3] == ["name", "bits", "seed"]
    assert "loss.temperature" in keys
    assert "loss" not in keys
    assert len(set(keys)) == len(keys)


def test_a_near_word_is_named_and_a_far_one_is_not() -> None:
    assert nearest("ucch-papr", recipe_names()) == "; did you mean ucch-paper?"
    assert nearest("zzz", recipe_names()) == ""


def test_the_methods_are_the_baselines_that_learn_without_labels() -> None:
    assert set(METHODS) - set(BASELINES) < set(OBJECTIVES)
    assert set(BASELINES) < set(METHODS)
    assert not any(load_recipe(name).wants_labels for name in METHODS)


def test_sections_stand_in_the_order_in_which_recipes_were_ever_written() -> None:
    names = list(Recipe.model_fields)
    assert names[:4] == ["name", "bits", "seed", "data"]
    told = ["neighbors", "teacher", "uchm_like", "labels", "djsrh", "straight_through", "quantization", "linear", "fsh"]
    assert [name for name in names if name in told] == told
