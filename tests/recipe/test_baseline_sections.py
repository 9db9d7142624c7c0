"""Sections of the baselines hold every option of their class, and nothing else."""

from __future__ import annotations

from dataclasses import fields

import pytest

from ucch.baselines import BASELINES, Baseline
from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe, with_settings


@pytest.mark.parametrize("name", BASELINES)
def test_defaults_are_those_of_the_class(name: str) -> None:
    own = {field.name: field.default for field in fields(BASELINES[name])}
    common = {field.name for field in fields(Baseline)}
    section = getattr(Recipe(), BASELINES[name].section).model_dump()
    assert {key: value for key, value in own.items() if key not in common}.items() <= section.items()


def test_every_baseline_is_a_recipe_and_a_value() -> None:
    assert all(load_recipe(name).baseline == load_recipe(name).name == name for name in BASELINES)
    assert with_settings(Recipe(), ["baseline=CCA_ITQ"]).baseline == "cca-itq"
    with pytest.raises(RecipeError, match="recipe key baseline"):
        with_settings(Recipe(), ["baseline=cvhh"])


def test_a_baseline_is_never_supervised() -> None:
    assert not with_settings(load_recipe("unihash"), ["baseline=cvh"]).supervised
