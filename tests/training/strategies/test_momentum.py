"""``momentum``: every slot as UCCH fills it; the loop test of the trainer holds it bit for bit."""

from __future__ import annotations

import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.binarize import TanhQuery
from ucch.optim import MomentumBinary
from ucch.training import Trainer


def test_parts_and_state_are_those_of_ucch() -> None:
    trainer = Trainer(small_recipe("optimizer=momentum"), small_pairs())
    strategy = trainer.strategy
    assert isinstance(strategy.query, TanhQuery)
    assert isinstance(strategy.optimizer, MomentumBinary)
    assert trainer.state_dict().keys() == {
        *("epoch", "part", "skipped_in_a_row", "model", "adam", "generator", "bank", "binary")
    }


def test_momentum_is_0_in_warm_up_and_the_recipe_s_after_it() -> None:
    trainer = Trainer(small_recipe("optimizer=momentum", "warmup_epochs=2", "momentum=.7"), small_pairs())
    seen = []
    for _ in range(4):
        trainer.train_epoch()
        seen.append(trainer.strategy.optimizer.param_groups[0]["momentum"])
    assert seen == [0.0, 0.0, 0.7, 0.7]


def test_momentum_0_for_the_whole_run_still_ends_warm_up() -> None:
    """In the published code momentum 0 means warm-up: in-batch keys for good."""
    trainer = Trainer(
        small_recipe("optimizer=momentum", "momentum=0", "n_negatives=24", "mask_own=false"), small_pairs()
    )
    sizes = []
    keys = trainer.strategy.keys
    trainer.strategy.keys = lambda batch: sizes.append(len((k := keys(batch)).negatives)) or k  # type: ignore[method-assign,func-returns-value,return-value]
    for _ in range(2):
        trainer.train_epoch()
    assert sizes == [32] * 3 + [24] * 3


def test_a_query_leaves_the_trained_model_as_it_is() -> None:
    trainer = Trainer(small_recipe("optimizer=momentum"), small_pairs())
    trainer.train_epoch()
    ours, theirs = trainer.finished_model().state_dict(), trainer.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
