"""Codes of a model that was never trained."""

from __future__ import annotations

import numpy as np

from tests.retrieval.kit import random_codes
from ucch.baselines import StackedItq
from ucch.codes import hamming_distance
from ucch.training.untrained import untrained_model


def features(n: int, d: int, offset: float = 0.0) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    rows = np.random.default_rng(0).normal(size=(n, d)) / np.sqrt(1 + np.arange(d))
    return (rows + offset).astype(np.float32)


def test_pictures_have_the_codes_of_itq() -> None:
    rows = features(300, 24)
    expected = StackedItq(16).fit(rows, rows).encode_image(rows)
    model = untrained_model(rows, 16)
    assert (model.encode_image(rows) == expected).all()
    assert (model.encode_text(rows) == expected).all()


def test_texts_that_stand_elsewhere_find_their_pictures() -> None:
    pictures, texts = features(300, 24), features(300, 24, offset=0.4)  # a gap of length 2 between the modalities
    distances = {
        name: hamming_distance(model.encode_text(texts), model.encode_image(pictures)).diagonal().mean()
        for name, model in (
            ("centred", untrained_model(pictures, 32, texts=texts[:32])),
            ("not", untrained_model(pictures, 32)),
        )
    }
    assert distances["centred"] < 5 < distances["not"]


def test_more_bits_than_dimensions_and_few_pictures() -> None:
    model = untrained_model(features(5, 4), 64)
    assert model.encode_image(features(5, 4)).shape == random_codes(5, 64).shape
