"""The scikit-learn face of one view, and that of views by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.training.kit import SMALL, small_pairs
from tests.training.test_views import one_view
from ucch import CrossModalHasher, Hasher
from ucch.errors import DataError, RecipeError

SETTINGS = (*(setting for setting in SMALL if not setting.startswith("bits")), "hidden_width=8")


@pytest.fixture(scope="module")
def fitted() -> Hasher:
    return Hasher(12, settings=SETTINGS, device="cpu").fit(one_view().views["text"])


def test_it_keeps_neighbours_and_saves_what_it_learnt(fitted: Hasher, tmp_path: Path) -> None:
    rows = one_view(30).views["text"]
    codes = fitted.transform(rows)
    assert (codes.shape, codes.dtype, fitted.n_features_in_) == ((30, 2), np.uint8, 24)
    assert fitted.outcome_["goal"] == "neighbors"
    fitted.save(tmp_path / "one")
    np.testing.assert_array_equal(Hasher.load(tmp_path / "one").transform(rows), codes)
    np.testing.assert_array_equal(fitted.encode("features", rows), codes)


def test_it_stands_in_a_pipeline() -> None:
    features = one_view().views["text"]
    pipeline = make_pipeline(StandardScaler(), Hasher(12, recipe="itq"))
    assert pipeline.fit_transform(features).shape == (240, 2)
    hasher = Hasher(16, epochs=3)
    assert clone(hasher).get_params() == hasher.get_params()


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match=r"this Hasher is not fitted yet; call fit\(features\) or load"):
        Hasher().transform(np.ones((2, 2)))
    with pytest.raises(RecipeError, match="goal must be neighbors or categories"):
        Hasher(settings=["goal=both"]).fit(one_view().views["text"])
    with pytest.raises(DataError, match="baseline cvh needs pairs of image and text"):
        Hasher(recipe="cvh").fit(one_view().views["text"])
    pairs = small_pairs()
    both = CrossModalHasher(12, recipe="itq").fit(pairs.image, pairs.text)
    both.save(tmp_path / "two")
    with pytest.raises(DataError, match="a Hasher has one view, got a model of image, text; load it by Cross"):
        Hasher.load(tmp_path / "two")
