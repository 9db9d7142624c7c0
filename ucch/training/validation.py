"""A score of held-out pairs that reads no label: how near the top each item's own partner stands."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import TypeVar

import numpy as np

from ..data import Items
from ..data.image_of_text import RowNumbers
from ..metrics import distance_histograms, reciprocal_rank
from ..models import HashModel
from ..recipe.recipe import Recipe

AnyItems = TypeVar("AnyItems", bound=Items)

__all__ = ["among_complete", "hold_out", "pair_score", "split_rows"]


def hold_out(recipe: Recipe, pairs: AnyItems) -> tuple[AnyItems, AnyItems]:
    """Carve ``training.validation_share`` of the training pairs off, by the recipe's seed: the rest, and those."""
    train, held_out = split_rows(recipe, len(pairs))
    return pairs.take(train), pairs.take(held_out)


def split_rows(recipe: Recipe, n_pairs: int) -> tuple[RowNumbers, RowNumbers]:
    """The rows that :func:`hold_out` leaves, and those it carves off, each in order."""
    order = np.random.default_rng(recipe.seed).permutation(n_pairs)
    n_held_out = max(1, round(recipe.training.validation_share * n_pairs))
    return np.sort(order[n_held_out:]), np.sort(order[:n_held_out])


def among_complete(
    pairs: Items, choose: Callable[[int], tuple[RowNumbers, RowNumbers]], first: int = 0
) -> tuple[RowNumbers, RowNumbers]:
    """Rows to train on, and rows set aside, which are chosen among the items that have both sides.

    Args:
        pairs: all items.
        choose: from a number of items to the numbers of those to train on and of those set aside.
        first: row from which on they are chosen; an earlier run has trained on those before.
    """
    if pairs.all_complete and not first:
        return choose(len(pairs))
    complete = pairs.complete_rows
    complete = complete[complete >= first]
    aside = complete[choose(len(complete))[1]]
    return np.setdiff1d(np.arange(len(pairs)), aside), aside


def pair_score(model: HashModel, pairs: Items) -> float:
    """Rank every held-out text for each held-out image by Hamming distance, and the reverse; so for every two views.

    The mean reciprocal rank of the own partner, all directions averaged, in expectation over tied items: 1 where
    every partner comes first. An image with several captions counts the first of them, each of its captions the image.

    Args:
        model: the model to score.
        pairs: n >= 1 held-out pairs; labels are not read.

    Returns:
        The score in (0, 1]. O(n^2 D/64) word operations.
    """
    codes = {name: model.encode(name, features) for name, features in pairs.views.items()}
    items = {name: pairs.item_of(name) for name in codes}
    scores = [
        reciprocal_rank(
            distance_histograms(codes[asks], codes[answers], items[asks], items[answers], model.n_bits)
        ).mean()
        for asks, answers in permutations(codes, 2)
    ]
    return float(np.mean(scores))
