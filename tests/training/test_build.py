"""Parts of a run by recipe."""

from __future__ import annotations

import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.errors import RecipeError
from ucch.losses import CrossModalRankingLoss, MaxMarginRankingLoss
from ucch.training.build import build_model, build_objective, build_ranking, check_optimizer, n_epochs, strategy_of
from ucch.training.strategies import STRATEGIES


def test_model_has_the_sizes_of_the_recipe_and_carries_it() -> None:
    recipe = small_recipe("image_layers=2")
    model = build_model(recipe, small_pairs())
    assert (model.n_bits, model.image_tower.n_layers, model.text_tower.width) == (12, 2, 16)
    assert model.recipe == recipe.to_toml()


def test_ranking_loss_by_name() -> None:
    assert isinstance(build_ranking(small_recipe()), CrossModalRankingLoss)
    loss = build_ranking(small_recipe("ranking=max_margin", "margin=.5"))
    assert isinstance(loss, MaxMarginRankingLoss)
    assert loss.margin == 0.5


@pytest.mark.parametrize(("steps_per_epoch", "expected"), [(1, 600), (7, 86), (600, 3), (10_000, 3)])
def test_auto_epochs(steps_per_epoch: int, expected: int) -> None:
    assert n_epochs(small_recipe("epochs=auto"), steps_per_epoch) == expected
    assert n_epochs(small_recipe("epochs=4"), steps_per_epoch) == 4


def test_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    build_model(small_recipe(), small_pairs())
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("optimizer", ["itq", "bi-half"])
@pytest.mark.parametrize("objective", ["cirh", "uchm-like", "unihash"])
def test_a_loss_on_outputs_refuses_what_would_fold_something_it_has_not_seen(objective: str, optimizer: str) -> None:
    message = (
        f"^optimizer of the objective {objective} must not be bi-half or itq, which fold into the towers what its"
        f" loss has not seen, got '{optimizer}'; take momentum or another$"
    )
    recipe = small_recipe(f"objective={objective}", f"optimizer={optimizer}")
    for refused in (check_optimizer, lambda recipe: build_objective(recipe, small_pairs(), torch.Generator())):
        with pytest.raises(RecipeError, match=message):
            refused(recipe)


def test_other_objectives_baselines_and_optimizers_are_let_through() -> None:
    for optimizer in STRATEGIES:
        check_optimizer(small_recipe(f"optimizer={optimizer}"))
        check_optimizer(small_recipe("objective=djsrh", f"optimizer={optimizer}"))
        check_optimizer(small_recipe("objective=unihash", "outputs=query", f"optimizer={optimizer}"))
        check_optimizer(small_recipe("objective=cirh", "baseline=cvh", f"optimizer={optimizer}"))
    for optimizer in STRATEGIES.keys() - {"itq", "bi-half"}:
        check_optimizer(small_recipe("objective=cirh", f"optimizer={optimizer}"))


def test_a_strategy_that_folds_has_a_stand_in_or_is_refused() -> None:
    for name, strategy in STRATEGIES.items():
        recipe = small_recipe(f"optimizer={name}")
        assert strategy_of(recipe) is strategy
        assert strategy_of(recipe, folds=False) is STRATEGIES["momentum" if name == "rotation" else name]
