"""Scaled features of items."""

from __future__ import annotations

import numpy as np
import torch

from ucch.data import FeatureScaler, Pairs
from ucch.teachers import item_features, item_scalers, scaled_items


def test_scaled_as_the_towers_inputs_are() -> None:
    rng = np.random.default_rng(0)
    pairs = Pairs(rng.normal(size=(20, 9)), rng.random((20, 12)))
    image, text = item_features(pairs, text_scaling="unit")
    torch.testing.assert_close(image, FeatureScaler.fit(pairs.image, "auto")(torch.from_numpy(pairs.image)))
    torch.testing.assert_close(text, FeatureScaler.fit(pairs.text, "unit")(torch.from_numpy(pairs.text)))


def test_captions_of_an_image_are_averaged() -> None:
    text = np.array([[1.0, 0.0], [0.0, 1.0], [4.0, 4.0]])
    pairs = Pairs(np.eye(2), text, image_of_text=np.array([0, 0, 1]))
    _, found = item_features(pairs, text_scaling="none")
    assert found.tolist() == [[0.5, 0.5], [4.0, 4.0]]


def test_a_part_is_scaled_as_it_is_in_the_whole_even_where_it_lacks_a_side() -> None:
    rng = np.random.default_rng(0)
    seen = np.arange(20) >= 5
    pairs = Pairs(
        rng.normal(size=(20, 9)), rng.random((20, 12)), image_seen=seen, text_seen=~seen | (np.arange(20) > 9)
    )
    whole, scalers = item_features(pairs), item_scalers(pairs)
    for rows in (slice(0, 5), slice(3, 12)):  # none of the first has an image
        for part, all_rows in zip(scaled_items(pairs.take(rows), scalers), whole, strict=True):
            assert torch.equal(part, all_rows[rows])
