"""Plans: which runs they make, and what is refused before any of them."""

from __future__ import annotations

import pytest

from tests.training.kit import small_recipe
from ucch.comparison import Cell, Plan, method_label, parse_grid
from ucch.errors import RecipeError
from ucch.training import STRATEGIES


def test_a_plan_runs_every_optimizer_at_every_size_and_seed() -> None:
    plan = Plan(small_recipe("seed=5"), ["bop", "none"], (8, 16), seeds=2)
    assert [(c.optimizer, c.bits, c.seed) for c in plan.finals({})] == [
        ("bop", 8, 5), ("bop", 8, 6), ("none", 8, 5), ("none", 8, 6),
        ("bop", 16, 5), ("bop", 16, 6), ("none", 16, 5), ("none", 16, 6),
    ]  # fmt: skip
    assert plan.trials() == []
    assert len(Plan(small_recipe()).columns()) == len(STRATEGIES)


def test_a_cell_changes_what_it_names_only() -> None:
    base = small_recipe()
    recipe = Cell("bi-half", 16, 3, ("bi_half.gamma=1",)).recipe(base)
    assert (recipe.name, recipe.optimizer, recipe.bits, recipe.seed) == ("bi-half", "bi-half", 16, 3)
    assert recipe.bi_half.gamma == 1
    changed = {"name": base.name, "optimizer": base.optimizer, "bits": base.bits, "seed": base.seed}
    assert recipe.model_copy(update={**changed, "bi_half": base.bi_half}) == base


def test_a_grid_tries_every_combination_and_leaves_out_keys_of_others() -> None:
    plan = Plan(small_recipe(), ["bop", "none"], seeds=1, grid=parse_grid(["temperature=.5,.9", "bop.scale=1,2"]))
    assert plan.combinations("bop") == [
        ("loss.temperature=.5", "bop.scale=1"),
        ("loss.temperature=.5", "bop.scale=2"),
        ("loss.temperature=.9", "bop.scale=1"),
        ("loss.temperature=.9", "bop.scale=2"),
    ]
    assert plan.combinations("none") == [("loss.temperature=.5",), ("loss.temperature=.9",)]
    assert Plan(small_recipe(), ["none"], grid=parse_grid(["bop.scale=1,2"])).trials() == []


def test_methods_stand_beside_optimizers() -> None:
    plan = Plan(small_recipe(), methods=["CVH", "itq", "djsrh"], bits=(8,), seeds=1)
    assert [cell.name for cell in plan.finals({})] == [
        "rotation-8-seed0", "cvh-8-seed0", "itq-recipe-8-seed0", "djsrh-8-seed0",
    ]  # fmt: skip
    recipes = [cell.recipe(small_recipe("epochs=3")) for cell in plan.finals({})]
    assert [recipe.baseline for recipe in recipes] == ["none", "cvh", "itq", "none"]
    assert [recipe.name for recipe in recipes] == ["rotation", "cvh", "itq-recipe", "djsrh"]
    assert recipes[3].objective == "djsrh"
    assert {(recipe.bits, recipe.training.epochs) for recipe in recipes} == {(8, 3)}
    assert [label for label, _ in Plan(small_recipe(), ["bop"], methods=["cvh"]).columns()] == ["bop", "cvh"]
    assert method_label("itq-recipe") == "itq-recipe"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Plan(small_recipe(), ["bob"]), "optimizers must be of momentum, .*, got 'bob'"),
        (lambda: Plan(small_recipe(), methods=["default"]), "methods must be of cca-itq, .*, got 'default'"),
        (lambda: Plan(small_recipe(), ["bop"], (0,)), "recipe key bits: input should be greater than or equal to 1"),
        (lambda: Plan(small_recipe("objective=cirh")), "optimizer of the objective cirh must not be bi-half or itq"),
        (lambda: Plan(small_recipe(), grid={"loss.temperature": ("hot",)}), "recipe key loss.temperature: .*'hot'"),
        (lambda: parse_grid(["temperature"]), "a grid must read key=a,b,c, got 'temperature'"),
        (lambda: parse_grid(["temperature=,"]), "a grid must read key=a,b,c"),
        (lambda: parse_grid(["temperatur=1"]), "no key 'temperatur'; did you mean loss.temperature"),
    ],
)
def test_wrong_plans_are_refused_before_any_run(make: object, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        make()  # type: ignore[operator]
