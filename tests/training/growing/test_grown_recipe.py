"""Which runs go on, and by which recipe."""

from __future__ import annotations

import pytest

from tests.training.growing.made import earlier_run
from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe
from ucch.training.growing import check_grows, grown_recipe
from ucch.training.growing.grown_recipe import rate_and_nearness

BASE = load_recipe("default", ["goal=categories"])


def test_the_table_has_no_warm_up_and_the_length_is_that_of_growing() -> None:
    earlier = load_recipe(BASE, ["epochs=7", "temperature=0.5"])
    recipe = grown_recipe(earlier, "runs/x", replay="old.npz", keep_codes=True)
    assert recipe.table.warmup_epochs == 0
    assert recipe.training.epochs == "auto"
    assert recipe.loss.temperature == 0.5
    assert (recipe.growing.earlier, recipe.growing.replay, recipe.growing.keep_codes) == ("runs/x", "old.npz", True)
    check_grows(recipe, earlier)


def test_a_published_recipe_goes_on() -> None:
    paper = load_recipe("ucch-paper")
    check_grows(grown_recipe(paper), paper)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["baseline=cvh"], "a baseline is fitted in one go"),
        (["objective=djsrh"], "objective must be ucch or neighbors to go on, got 'djsrh'; train on all pairs"),
        (["optimizer=itq"], "optimizer must be momentum or rotation or none to go on, got 'itq'"),
        (["fine_tuning.enabled=true"], "an image encoder that trained along"),
    ],
)
def test_what_does_not_go_on_is_refused_with_the_way_out(settings: list[str], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        grown_recipe(load_recipe(BASE, settings))


@pytest.mark.parametrize("change", ["bits=32", "model.width=8", "image_scaling=none"])
def test_what_towers_and_codes_stand_on_must_stay(change: str) -> None:
    changed: Recipe = load_recipe(grown_recipe(BASE), [change])
    with pytest.raises(RecipeError, match="must stay .* in a run that goes on"):
        check_grows(changed, BASE)


def test_several_processes_are_refused() -> None:
    with pytest.raises(RecipeError, match="a run goes on in one process, got 2"):
        check_grows(grown_recipe(BASE), BASE, n_processes=2)


def test_the_recipe_of_a_finished_model_is_settled() -> None:
    assert earlier_run().recipe.goal == "categories"


def test_rate_and_nearness_are_chosen_by_what_trains_unless_they_are_said() -> None:
    recipe = grown_recipe(BASE)
    assert rate_and_nearness(recipe, by_features=True) == (1.0, 0.0)
    assert rate_and_nearness(recipe, by_features=False) == (0.5, 2.0)
    neighbors = grown_recipe(load_recipe("default", ["objective=neighbors"]))
    assert rate_and_nearness(neighbors, by_features=False) == (1.0, 4.0)
    said = load_recipe(recipe, ["nearness=0.25"])
    assert rate_and_nearness(said, by_features=False) == (0.5, 0.25)
