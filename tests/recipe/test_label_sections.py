"""Names and defaults of the recipe sections of methods with labels."""

from __future__ import annotations

import pytest

from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe, with_settings


def test_supervised_means_that_labels_of_the_data_are_read() -> None:
    assert not Recipe().supervised
    assert not with_settings(Recipe(), ["pseudo=tags"]).supervised
    assert load_recipe("unihash").supervised
    assert load_recipe("mlwch-like").supervised
    assert not load_recipe("mlwch-like", ["pseudo=kmeans"]).supervised


def test_the_published_form_of_unihash_is_a_setting_away() -> None:
    recipe = load_recipe("unihash", ["reduction=sum", "pair_weight=1"])
    section = recipe.unihash
    assert (section.reduction, section.pair_weight, section.outputs) == ("sum", 1.0, "tanh")
    assert (section.n_label_negatives, section.label_temperature, recipe.training.batch_size) == (9, 0.05, 64)


def test_sections_take_no_common_key_from_the_others() -> None:
    changed = with_settings(Recipe(), ["temperature=0.5", "n_negatives=7"])
    assert (changed.loss.temperature, changed.table.n_negatives) == (0.5, 7)


def test_values_out_of_range_are_refused() -> None:
    with pytest.raises(RecipeError, match="recipe key labels.n_clusters: .* got 1"):
        with_settings(Recipe(), ["n_clusters=1"])
    with pytest.raises(RecipeError, match="recipe key unihash.pair_weight: .* got -1"):
        with_settings(Recipe(), ["pair_weight=-1"])
