"""The registry of baselines."""

from __future__ import annotations

import typing

from ucch.baselines import BASELINES, Baseline
from ucch.recipe.baseline_sections import BaselineName


def test_names_are_those_of_the_recipe_and_stand_for_baselines() -> None:
    assert {"none", *BASELINES} == set(typing.get_args(typing.get_args(BaselineName)[0]))
    assert all(issubclass(kind, Baseline) for kind in BASELINES.values())
