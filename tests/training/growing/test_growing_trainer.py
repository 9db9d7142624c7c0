"""Training on from an earlier run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training.growing.made import NEIGHBORS, earlier_run, growing, new_pairs
from tests.training.kit import small_pairs, small_recipe
from ucch.codes import pack
from ucch.data import Pairs
from ucch.data.joined import joined_pairs
from ucch.errors import DataError, RecipeError
from ucch.recipe import load_recipe
from ucch.training import Objective, Trainer
from ucch.training.growing import Earlier, GrowingTrainer, grown_recipe


def trained(trainer: GrowingTrainer) -> GrowingTrainer:
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    return trainer


def test_towers_and_scaling_begin_as_those_of_the_earlier_run() -> None:
    earlier, pairs = earlier_run(), new_pairs()
    model = GrowingTrainer(growing(), pairs, earlier=earlier).finished_model()
    assert np.array_equal(model.encode_image(pairs.image), earlier.model.encode_image(pairs.image))
    assert np.array_equal(model.encode_text(pairs.text), earlier.model.encode_text(pairs.text))


def test_new_rows_stand_before_those_of_the_earlier_table_which_stay_bit_for_bit() -> None:
    earlier = earlier_run()
    trainer = trained(GrowingTrainer(growing(), new_pairs(), earlier=earlier))
    codes = pack(trainer.bank.codes())
    assert len(codes) == 160
    assert np.array_equal(codes[60:], earlier.table)


def test_earlier_codes_are_keys_of_new_pairs() -> None:
    trainer = GrowingTrainer(growing(), new_pairs(), earlier=earlier_run())
    keys = trainer.strategy.bank.keys(torch.arange(4), n_negatives=4096)
    assert keys.negatives.shape == (160, 12)


def test_steps_are_at_most_the_share_of_those_of_training_on_all() -> None:
    recipe = growing().model_copy(
        update={"growing": growing().growing.model_copy(update={"step_share": 0.4})},
    )
    trainer = GrowingTrainer(recipe, new_pairs(), earlier=earlier_run())
    all_steps = 160 // 32 * 120  # auto makes 600 steps
    assert trainer.steps_of_all == all_steps
    assert trainer.steps_per_epoch == 60 // 32
    assert trainer.n_epochs * trainer.steps_per_epoch == int(0.4 * all_steps)


def test_the_rate_is_a_share_of_the_recipe_s() -> None:
    trainer = GrowingTrainer(growing(), new_pairs(), earlier=earlier_run())
    assert trainer.learning_rates == [0.5 * trainer.recipe.training.learning_rate]


def test_an_epoch_of_replay_is_every_new_pair_and_as_many_earlier_ones() -> None:
    earlier = replace(earlier_run(), replayed=100)
    trainer = GrowingTrainer(growing(), joined_pairs(small_pairs(), new_pairs()), earlier=earlier)
    order = trainer._order()
    assert sorted(order[order >= 100].tolist()) == list(range(100, 160))
    assert len(order.unique()) == len(order) == 120
    assert trainer.bank.n_codes == 160


@pytest.mark.parametrize("settings", [(), NEIGHBORS, ("goal=partners", *NEIGHBORS[1:]), ("goal=both", *NEIGHBORS[1:])])
@pytest.mark.parametrize("by_features", [False, True])
def test_stopped_in_an_epoch_and_resumed_is_not_stopped(settings: tuple[str, ...], by_features: bool) -> None:
    recipe, pairs = growing(*settings), new_pairs()
    recipe = recipe.model_copy(update={"training": recipe.training.model_copy(update={"epochs": 3})})
    earlier = earlier_run(*settings)
    if by_features:
        pairs, earlier = joined_pairs(small_pairs(), pairs), replace(earlier, replayed=100)
    whole = trained(GrowingTrainer(recipe, pairs, earlier=earlier))
    stopped = GrowingTrainer(recipe, pairs, earlier=earlier)
    stopped.train_epoch()
    with pytest.raises(KeyboardInterrupt):
        stopped.train_epoch(lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    resumed = GrowingTrainer(recipe, pairs, earlier=earlier)
    resumed.load_state_dict(stopped.state_dict())
    trained_model, other = whole.finished_model(), trained_rest(resumed).finished_model()
    for name, value in trained_model.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name
    assert torch.equal(whole.bank.codes(), resumed.bank.codes())


def trained_rest(trainer: GrowingTrainer) -> GrowingTrainer:
    while trainer.epoch < trainer.n_epochs:
        trainer.train_epoch()
    return trainer


def test_pairs_are_set_aside_among_the_new_ones_and_judged_against_the_earlier_model() -> None:
    earlier = replace(earlier_run(*NEIGHBORS), replayed=100)
    trainer = GrowingTrainer(growing(*NEIGHBORS), joined_pairs(small_pairs(), new_pairs()), earlier=earlier)
    assert len(trainer.held_out) == 20
    assert (trainer.held_out >= 100).all()
    assert trainer.start is not None
    image = new_pairs().image
    assert np.array_equal(trainer.start.encode_image(image), earlier.model.encode_image(image))


def test_towers_that_were_one_train_on_as_one() -> None:
    settings = (*NEIGHBORS, "image_scaling=none", "text_scaling=none")
    shared = small_pairs()
    pairs = Pairs(shared.text, shared.text + 0.01 * np.random.default_rng(0).normal(size=shared.text.shape))
    first = Trainer(small_recipe(*settings), pairs)
    earlier = Earlier.of_trainer(first, first.finished_model())
    trainer = GrowingTrainer(grown_recipe(first.recipe), pairs, earlier=earlier)
    assert trainer.model.image_tower is trainer.model.text_tower


def test_what_an_objective_has_learnt_goes_on() -> None:
    earlier = earlier_run(*NEIGHBORS)
    trainer = GrowingTrainer(growing(*NEIGHBORS), new_pairs(), earlier=earlier)
    assert torch.equal(trainer._neighbors.log_scale, earlier.objective["log_scale"])
    assert trainer._neighbors.log_scale.requires_grad


def test_features_of_another_width_are_refused() -> None:
    pairs = new_pairs()
    with pytest.raises(DataError, match="text must have 5 columns, the features of the earlier run, got 4"):
        GrowingTrainer(growing(), Pairs(pairs.image, pairs.text[:, :4]), earlier=earlier_run())


def test_an_objective_of_ones_own_is_refused() -> None:
    class Own(Objective):
        def forward(self, batch: object, strategy: object) -> torch.Tensor:
            return torch.zeros(())

    with pytest.raises(RecipeError, match="an objective of one's own does not go on, got objective=Own"):
        GrowingTrainer(growing(), new_pairs(), earlier=earlier_run(), objective=Own)


def test_another_recipe_is_refused() -> None:
    other = load_recipe(growing(), ["bits=16"])
    with pytest.raises(RecipeError, match="recipe key bits must stay 12 in a run that goes on, got 16"):
        GrowingTrainer(other, new_pairs(), earlier=earlier_run())


def test_a_teacher_needs_the_features_of_earlier_pairs() -> None:
    joined = joined_pairs(small_pairs(), new_pairs())
    recipe = growing("similarity=joint-semantics")
    earlier = earlier_run("similarity=joint-semantics")
    with_features = GrowingTrainer(recipe, joined, earlier=replace(earlier, replayed=100), teacher=None)
    assert with_features.takes_teacher
    assert not GrowingTrainer(recipe, new_pairs(), earlier=earlier, teacher=None).takes_teacher
