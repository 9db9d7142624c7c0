"""What all baselines have in common: codes, seeds, captions, errors, a model that is saved like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from tests.training.kit import small_pairs
from ucch.baselines import BASELINES, Baseline, Lssh
from ucch.codes import unpack
from ucch.data import Pairs
from ucch.errors import DataError
from ucch.metrics import average_precision, chance_map, distance_histograms, mean_over_queries
from ucch.models import HashModel


def make(name: str, n_bits: int = 12, seed: int = 0) -> Baseline:
    return Lssh(n_bits, atoms=30, seed=seed) if name == "lssh" else BASELINES[name](n_bits, seed=seed)


@pytest.mark.parametrize("name", BASELINES)
def test_codes_find_partners_better_than_chance_and_a_file_gives_the_same(name: str, tmp_path: Path) -> None:
    pairs = small_pairs()
    baseline = make(name).fit(pairs.image, pairs.text)
    image, text = baseline.encode_image(pairs.image), baseline.encode_text(pairs.text)
    assert image.shape == text.shape == (100, 2)
    label = np.argmax(pairs.label, axis=1)  # type: ignore[arg-type]
    histograms = distance_histograms(image, text, label, label, 12)
    assert mean_over_queries(average_precision(histograms)) > chance_map(histograms) + 0.15
    baseline.model.save(tmp_path / "model.safetensors")
    loaded = HashModel.load(tmp_path / "model.safetensors")
    assert np.array_equal(loaded.encode_image(pairs.image), image)
    assert np.array_equal(loaded.encode_text(pairs.text), text)


@pytest.mark.parametrize("name", BASELINES)
def test_a_seed_gives_the_same_codes_and_labels_are_not_read(name: str) -> None:
    pairs = small_pairs()
    first = make(name).fit_pairs(pairs).encode_image(pairs.image)
    again = make(name).fit_pairs(Pairs(pairs.image, pairs.text)).encode_image(pairs.image)
    assert np.array_equal(first, again)


@pytest.mark.parametrize("name", BASELINES)
def test_more_bits_than_dimensions_are_no_dead_bits(name: str) -> None:
    pairs = small_pairs()
    codes = unpack(make(name, 24).fit_pairs(pairs).encode_text(pairs.text), 24)
    share = (codes > 0).mean(axis=0)
    assert ((share > 0) & (share < 1)).mean() > 0.9


def test_each_caption_makes_a_pair_with_its_image() -> None:
    pairs = small_pairs()
    rows = np.repeat(np.arange(100), 2)
    texts = np.repeat(pairs.text, 2, axis=0)
    several = make("cvh").fit_pairs(Pairs(pairs.image, texts, image_of_text=rows))
    flat = make("cvh").fit(pairs.image[rows], texts)
    assert np.array_equal(several.encode_text(pairs.text), flat.encode_text(pairs.text))


def test_wrong_use_is_refused() -> None:
    with pytest.raises(NotFittedError, match="this Cvh is not fitted yet"):
        make("cvh").encode_image(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="n_bits must be an int of at least 1, got 0"):
        make("cvh", 0)
    with pytest.raises(DataError, match="one row per pair"):
        make("cvh").fit(np.zeros((3, 2)), np.zeros((4, 2)))
