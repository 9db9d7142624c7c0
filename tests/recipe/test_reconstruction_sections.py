"""Sections of the deep baselines: the values of the teachers, recipes that learn without labels."""

from __future__ import annotations

import inspect

import pytest

from ucch.recipe import Recipe, load_recipe
from ucch.teachers import cirh_similarity, djsrh_similarity, jdsh_similarity


@pytest.mark.parametrize(
    ("section", "function"),
    [("djsrh", djsrh_similarity), ("jdsh", jdsh_similarity), ("cirh", cirh_similarity)],
)
def test_defaults_are_those_of_the_similarity(section: str, function: object) -> None:
    options = inspect.signature(function).parameters  # type: ignore[arg-type]
    values = getattr(Recipe(), section).model_dump()
    shared = [name for name in values if name in options]
    assert len(shared) >= 3
    assert {name: values[name] for name in shared} == {name: options[name].default for name in shared}


@pytest.mark.parametrize("name", ["djsrh", "jdsh", "dgcpn", "cirh"])
def test_recipes_learn_without_labels(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.objective == name
    assert not recipe.wants_labels
