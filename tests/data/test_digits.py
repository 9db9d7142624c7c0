from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from ucch.data import load_digits_pairs


def test_shapes_and_classes() -> None:
    dataset = load_digits_pairs()
    assert dataset.name == "digits"
    assert (len(dataset.train), len(dataset.query), dataset.n_classes) == (1437, 360, 10)
    assert dataset.train.image.shape == dataset.train.text.shape == (1437, 32)
    assert dataset.train.image.dtype == np.float32
    assert dataset.database_is_train


def test_the_two_views_are_the_halves_of_one_picture() -> None:
    dataset, digits = load_digits_pairs(), load_digits()
    order = np.random.default_rng(0).permutation(1797)
    whole = np.concatenate([dataset.query.image.reshape(-1, 8, 4), dataset.query.text.reshape(-1, 8, 4)], axis=2)
    np.testing.assert_array_equal(whole, digits.images[order[-360:]])
    assert dataset.query.label is not None
    np.testing.assert_array_equal(dataset.query.label.argmax(axis=1), digits.target[order[-360:]])


def test_the_split_is_the_same_every_time() -> None:
    assert load_digits_pairs().digest() == load_digits_pairs().digest()
