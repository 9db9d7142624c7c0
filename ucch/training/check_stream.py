"""What cannot be trained as a stream, all of it, before any work."""

from __future__ import annotations

from typing import Any

from ..data import Items
from ..errors import DataError, RecipeError
from ..recipe.recipe import Recipe
from .goal import Choice, choose_goal

__all__ = ["check_shard", "check_stream"]

_AS_BY_DEFAULT = (
    "training.epochs",
    "training.epoch_steps",
    "training.keep",
    "training.calibrate",
    "fine_tuning.enabled",
    "pairs.trust",
    "table.negatives",
    "baseline",
    "growing.earlier",
)
_ALLOWED = {
    "objective": ("ucch", "neighbors"),
    "optimizer": ("momentum", "rotation"),
    "teacher.similarity": ("auto", "none"),
    "pairs.one_sided": ("refuse", "drop"),
}


def check_stream(recipe: Recipe, first: Items) -> Choice:
    """Refuse what cannot be trained as a stream, and settle the goal by the first shard.

    Args:
        recipe: all choices; those that need a row per pair, labels, pairs set aside or a second pass are refused.
        first: the first shard, at least one batch of pairs with both sides.

    Returns:
        What the codes are for, with the recipe as it is settled.

    Raises:
        RecipeError: the recipe asks for what a stream has not, or its batch is larger than the ring.
        DataError: the first shard has less than a batch, or pairs of one side.
    """
    default = Recipe()
    allowed = {key: (_at(default, key),) for key in _AS_BY_DEFAULT} | _ALLOWED
    for key, values in allowed.items():
        if (value := _at(recipe, key)) not in values:
            raise RecipeError(
                f"recipe key {key} must be {' or '.join(map(str, values))} in a stream, got {value!r}: nothing is kept"
                " of pairs, and each is met once; leave it out, or train on all pairs by --data"
            )
    choice = choose_goal(recipe, first)
    size, ring = choice.recipe.training.batch_size, recipe.table.n_negatives
    if size > ring:
        raise RecipeError(f"table.n_negatives, the ring of a stream, must hold a batch of {size}, got {ring}")
    check_shard(first, size)
    return choice


def check_shard(pairs: Items, least: int) -> None:
    """Refuse a shard of fewer than ``least`` pairs, and one of pairs that lack a side.

    Raises:
        DataError: as said.
    """
    if len(pairs) < least:
        raise DataError(f"the first shard must have a batch of {least} pairs, got {len(pairs)}; make shards larger")
    if not pairs.all_complete:
        raise DataError("pairs of a stream must have both sides; leave the others out with pairs.complete()")


def _at(recipe: Recipe, key: str) -> Any:
    value: Any = recipe
    for name in key.split("."):
        value = getattr(value, name)
    return value
