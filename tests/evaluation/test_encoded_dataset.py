"""Codes of queries and database, by view, against the model's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.kit import small_dataset, small_recipe
from ucch.data import ItemDataset, Items, PairedDataset
from ucch.errors import DataError
from ucch.evaluation import encode_dataset
from ucch.evaluation.encoded_dataset import modality_codes, side_codes
from ucch.models import HashModel
from ucch.training import Trainer


@pytest.fixture(scope="module")
def model() -> HashModel:
    return Trainer(small_recipe(), small_dataset().train).model


def test_only_items_that_have_a_side_have_a_code_of_it(model: HashModel) -> None:
    train, n = small_dataset().train, np.arange(100)
    database = replace(train, text_seen=n % 3 != 0, image_seen=n % 6 != 1)
    encoded = encode_dataset(model, PairedDataset("one-sided", train, small_dataset().query, database))
    np.testing.assert_array_equal(encoded.database["text"], model.encode_text(train.text[n % 3 != 0]))
    np.testing.assert_array_equal(encoded.database["image"], model.encode_image(train.image[n % 6 != 1]))
    codes, seen = modality_codes(model, database, "text")
    np.testing.assert_array_equal(codes, encoded.database["text"])
    assert seen is not None
    np.testing.assert_array_equal(seen, n % 3 != 0)


def test_kept_codes_stand_before_those_of_the_towers(model: HashModel) -> None:
    dataset = small_dataset()
    kept = {"image": np.full((7, 2), 0b10100000, np.uint8)}
    encoded, plain = encode_dataset(model, dataset, kept=kept), encode_dataset(model, dataset)
    np.testing.assert_array_equal(encoded.database["image"][:7], kept["image"])
    np.testing.assert_array_equal(encoded.database["image"][7:], plain.database["image"][7:])
    np.testing.assert_array_equal(encoded.database["text"], plain.database["text"])


def test_the_gap_is_that_of_image_and_text(model: HashModel) -> None:
    dataset = small_dataset()
    found = encode_dataset(model, dataset)
    assert found.n_bits == 12
    assert found.gap is not None
    assert set(found.gap) == {"entry", "similarity"}
    alone = HashModel.of_views({"text": model.text_scaler}, {"text": model.text_tower})
    one_view = ItemDataset("one", Items({"text": dataset.train.text}), Items({"text": dataset.query.text}))
    assert encode_dataset(alone, one_view).gap is None


def test_a_code_of_the_whole_item_and_views_that_are_not_there(model: HashModel) -> None:
    pairs = small_dataset().query
    codes, seen = modality_codes(model, pairs, "item")
    assert seen is None
    np.testing.assert_array_equal(codes, model.encode_item(pairs.image, pairs.text))
    with pytest.raises(DataError, match="this model encodes image, text, got audio"):
        modality_codes(model, pairs, "audio")
    with pytest.raises(DataError, match="one code of image and text"):
        modality_codes(model, Items({"text": pairs.text}), "item")
    with pytest.raises(DataError, match="this model encodes image, text, got audio"):
        side_codes(model, Items({"audio": pairs.text}))
