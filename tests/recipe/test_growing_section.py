"""The section of a run that goes on."""

from __future__ import annotations

import pytest

from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe


def test_a_run_of_its_own_names_no_earlier_one() -> None:
    assert load_recipe("default").growing.earlier == ""


@pytest.mark.parametrize("setting", ["step_share=0", "step_share=1.5", "rate_share=0", "nearness=-1"])
def test_values_out_of_range_are_refused(setting: str) -> None:
    with pytest.raises(RecipeError, match="growing"):
        load_recipe("default", [setting])


def test_it_is_written_out_and_read_back() -> None:
    recipe = load_recipe("default", ["growing.earlier=runs/x", "keep_codes=true"])
    assert Recipe.from_toml(recipe.to_toml()) == recipe
