"""Estimators on any views by name."""

from __future__ import annotations

import numpy as np
import pytest

from tests.test_hasher import SETTINGS
from tests.training.kit import small_pairs
from tests.training.test_views import apart_views, three_views
from ucch import CrossModalHasher
from ucch.errors import DataError
from ucch.training import Trainer


def test_views_by_name() -> None:
    items = apart_views()
    hasher = CrossModalHasher(12, settings=SETTINGS, device="cpu").fit(dict(items.views))
    assert hasher.encode("audio", items.views["audio"]).shape == (100, 2)
    assert (hasher.n_features_audio_, hasher.n_features_image_) == (3, 8)
    trainer = Trainer(hasher.recipe_, items)
    while trainer.epoch < trainer.n_epochs:
        trainer.train_epoch()
    model = trainer.finished_model()
    np.testing.assert_array_equal(
        hasher.encode("audio", items.views["audio"]), model.encode("audio", items.views["audio"])
    )


def test_image_and_text_by_name_are_pairs() -> None:
    pairs = small_pairs()
    by_name, plain = (CrossModalHasher(12, settings=SETTINGS, device="cpu") for _ in range(2))
    by_name.fit({"text": pairs.text, "image": pairs.image})
    plain.fit(pairs.image, pairs.text)
    np.testing.assert_array_equal(by_name.encode_text(pairs.text), plain.encode_text(pairs.text))
    with pytest.raises(DataError, match="text must be left out beside views by name"):
        plain.fit(dict(three_views().views), pairs.text)
    with pytest.raises(DataError, match=r"text must be given beside image; one view alone goes to ucch\.Hasher"):
        plain.fit(pairs.image)
