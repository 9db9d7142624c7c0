from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from ucch.data import PairedDataset, load_tag_halves
from ucch.data.tag_halves import SOURCE
from ucch.errors import DataError


@pytest.fixture(scope="module")
def dataset(shared_data: Path) -> PairedDataset:
    return load_tag_halves(shared_data / "mirflickr25k")


def test_shapes_are_those_of_the_described_set(dataset: PairedDataset) -> None:
    assert dataset.name == "mirflickr-tags"
    assert dataset.train.image.shape == dataset.train.text.shape == (12301, 693)
    assert len(dataset.query) == 1500
    assert dataset.n_classes == 24
    assert dataset.database_is_train


def test_every_row_has_a_tag_in_each_half(dataset: PairedDataset) -> None:
    for view in (dataset.train.image, dataset.train.text, dataset.query.image, dataset.query.text):
        assert set(np.unique(view).tolist()) == {0, 1}
        assert view.any(axis=1).all()


def test_the_halves_together_are_the_published_tags(dataset: PairedDataset, shared_data: Path) -> None:
    tags = loadmat(str(shared_data / "mirflickr25k" / "mirflickr25k-yall.mat"))["YAll"]
    labels = loadmat(str(shared_data / "mirflickr25k" / "mirflickr25k-lall.mat"))["LAll"]
    order = np.random.default_rng(0).permutation(1386)
    whole = tags[:, order]
    rows = np.flatnonzero((whole[:, :693].sum(1) > 0) & (whole[:, 693:].sum(1) > 0))
    both = np.concatenate([dataset.query.image, dataset.query.text], axis=1)
    np.testing.assert_array_equal(both, whole[rows[-1500:]])
    np.testing.assert_array_equal(dataset.query.label, labels[rows[-1500:]] == 1)


def test_the_documented_chance_map(dataset: PairedDataset) -> None:
    assert dataset.query.label is not None
    assert dataset.train.label is not None
    shared = dataset.query.label.astype(np.float32) @ dataset.train.label.T.astype(np.float32) > 0
    relevant = shared.sum(axis=1)
    n = shared.shape[1]
    harmonic = (1 / np.arange(1, n + 1)).sum()
    # A random order's expected average precision: (H_n (1 - share) + n share) / n, share = (R - 1) / (n - 1).
    share = (relevant - 1) / (n - 1)
    expected = (harmonic * (1 - share) + n * share) / n
    assert expected[relevant > 0].mean() == pytest.approx(0.548, abs=5e-4)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    message = f"mirflickr25k-yall.mat is not in {tmp_path}. The files come from: {SOURCE}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_tag_halves(tmp_path)


def test_another_shape_is_refused(tmp_path: Path) -> None:
    savemat(tmp_path / "mirflickr25k-yall.mat", {"YAll": np.zeros((5, 1386), np.uint8)})
    savemat(tmp_path / "mirflickr25k-lall.mat", {"LAll": np.zeros((5, 24), np.uint8)})
    message = f"{tmp_path / 'mirflickr25k-yall.mat'}: YAll must have shape (20015, 1386), got shape (5, 1386)"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_tag_halves(tmp_path)
