"""Labels to learn from: whose they are, and which are refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs
from ucch.data import Pairs, pseudo_labels
from ucch.errors import DataError, RecipeError
from ucch.recipe import load_recipe
from ucch.training import training_labels


def with_label(label: np.ndarray) -> Pairs:
    pairs = small_pairs(len(label))
    return Pairs(pairs.image, pairs.text, label, split="train")


def test_labels_of_the_data_come_as_they_are() -> None:
    pairs = small_pairs()
    assert pairs.label is not None
    assert torch.equal(training_labels(load_recipe("unihash"), pairs), torch.from_numpy(pairs.label))


def test_made_up_labels_do_not_read_those_of_the_data() -> None:
    recipe = load_recipe("unihash", ["pseudo=kmeans", "n_clusters=8", "seed=3"])
    pairs = small_pairs()
    expected = pseudo_labels(pairs, "kmeans", n_clusters=8, seed=3)
    assert np.array_equal(training_labels(recipe, pairs), expected)
    assert np.array_equal(training_labels(recipe, Pairs(pairs.image, pairs.text)), expected)


def test_no_labels_are_refused_with_the_way_out() -> None:
    pairs = small_pairs()
    with pytest.raises(
        DataError,
        match="recipe unihash learns from labels, but the training pairs have no label_train; add it, or have labels"
        " made up from the features with --pseudo-labels tags or kmeans",
    ):
        training_labels(load_recipe("unihash"), Pairs(pairs.image, pairs.text, split="train"))


@pytest.mark.parametrize("recipe", ["unihash", "mlwch-like"])
def test_labels_that_tell_nothing_apart_are_refused(recipe: str) -> None:
    one_column = np.ones((20, 1), dtype=bool)
    one_used = np.zeros((20, 3), dtype=bool)
    one_used[::2, 1] = True
    for label in (one_column, one_used):
        with pytest.raises(DataError, match="label_train must hold at least two classes to learn from, got 1 in use"):
            training_labels(load_recipe(recipe), with_label(label))
    with pytest.raises(DataError, match="label_train must hold at least two classes to learn from, got 0 in use"):
        training_labels(load_recipe(recipe), with_label(np.zeros((20, 3), dtype=bool)))
    everywhere = np.eye(4, dtype=bool)[np.arange(20) % 4]
    everywhere[:, 2] = True
    everywhere[7] = False
    with pytest.raises(DataError, match="label_train has class 2 on each of its 19 labelled rows"):
        training_labels(load_recipe(recipe), with_label(everywhere))


def test_labels_that_do_not_match_the_rows_never_get_here() -> None:
    pairs = small_pairs()
    assert pairs.label is not None
    with pytest.raises(DataError, match="image_train and label_train must have one row per pair"):
        Pairs(pairs.image, pairs.text, pairs.label[:-1], split="train")


def test_made_up_labels_that_do_not_suit_the_data_are_refused() -> None:
    with pytest.raises(RecipeError, match="recipe section labels: n_clusters must be at most a quarter of"):
        training_labels(load_recipe("unihash", ["pseudo=kmeans"]), small_pairs())
    with pytest.raises(DataError, match="text must hold no negative weight to take tags from it"):
        training_labels(load_recipe("unihash", ["pseudo=tags"]), small_pairs())
