"""Names of objectives."""

from __future__ import annotations

import typing

import pytest

from ucch.recipe import Recipe, load_recipe, with_settings
from ucch.recipe.objective_names import LABELLED, ObjectiveName
from ucch.training import OBJECTIVES, LabelObjective


def test_the_registry_has_the_names_a_recipe_may_give() -> None:
    assert {"ucch", *OBJECTIVES} == set(typing.get_args(typing.get_args(ObjectiveName)[0]))


def test_those_that_need_labels_are_said_to() -> None:
    assert {name for name, kind in OBJECTIVES.items() if issubclass(kind, LabelObjective)} == LABELLED


@pytest.mark.parametrize("word", ["mlwch_like", "MLWCH-like"])
def test_names_are_forgiving(word: str) -> None:
    assert with_settings(Recipe(), [f"objective={word}"]).objective == "mlwch-like"
    assert load_recipe(word).objective == "mlwch-like"
