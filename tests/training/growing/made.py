"""A small earlier run, in memory, and pairs that join it."""

from __future__ import annotations

from functools import cache

from tests.training.kit import small_pairs, small_recipe
from ucch.data import Pairs
from ucch.recipe import Recipe
from ucch.training import Trainer
from ucch.training.growing import Earlier, grown_recipe

NEIGHBORS = ("goal=neighbors", "neighbor_batch=32", "hidden_width=8")


@cache
def earlier_run(*settings: str) -> Earlier:
    """What a run on 100 pairs hands on."""
    trainer = Trainer(small_recipe(*settings), small_pairs())
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    return Earlier.of_trainer(trainer, trainer.finished_model())


def growing(*settings: str, **options: bool) -> Recipe:
    """The recipe of a run that goes on from it."""
    return grown_recipe(earlier_run(*settings).recipe, "runs/x", **options)


def new_pairs(n: int = 60) -> Pairs:
    """Pairs of the same classes that the run has not seen."""
    return small_pairs(n, seed=9)
