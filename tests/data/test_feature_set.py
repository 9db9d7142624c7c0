"""Every feature set of the catalog, from generated files of its published schema."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.data.published_kit import FEATURE_SETS, FORMS, small_arrays, small_entry, write_feature_set
from tests.training.kit import small_recipe
from ucch.data import DATASETS
from ucch.data.feature_set import load_feature_set
from ucch.errors import DataError
from ucch.evaluation import encode_dataset, evaluate
from ucch.training import Trainer


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", FEATURE_SETS)
def test_the_published_files_train_one_epoch_and_evaluate(tmp_path: Path, name: str, form: str) -> None:
    entry = small_entry(name)
    write_feature_set(entry, tmp_path, form)
    dataset = entry.load(entry, tmp_path)
    assert (dataset.name, len(dataset.train), len(dataset.query)) == (name, 64, 16)
    assert dataset.database_is_train
    trainer = Trainer(small_recipe(), dataset.train)
    assert np.isfinite(trainer.train_epoch().loss)
    report = evaluate(encode_dataset(trainer.model, dataset))
    assert 0 < report["map_mean"] <= 1


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_all_forms_hold_the_same_data_set(tmp_path: Path, name: str) -> None:
    entry, digests = small_entry(name), set()
    for form in FORMS:
        (tmp_path / form).mkdir()
        write_feature_set(entry, tmp_path / form, form)
        digests.add(entry.load(entry, tmp_path / form).digest())
    assert len(digests) == 1


@pytest.mark.parametrize("form", FORMS)
def test_the_last_rows_are_the_queries(tmp_path: Path, form: str) -> None:
    entry = small_entry("mirflickr25k")
    files = small_arrays(entry)
    write_feature_set(entry, tmp_path, form, files)
    dataset = entry.load(entry, tmp_path)
    image, text, label = (files[spec.file][spec.key] for spec in entry.arrays)
    np.testing.assert_array_equal(dataset.train.image, image[:64])
    np.testing.assert_array_equal(dataset.query.image, image[64:])
    np.testing.assert_array_equal(dataset.query.text, text[64:])
    np.testing.assert_array_equal(dataset.query.label, label[64:] == 1)


def test_a_set_published_by_split_keeps_its_splits(tmp_path: Path) -> None:
    entry = small_entry("iapr-tc12")
    files = small_arrays(entry)["iapr-tc12-rand.mat"]
    write_feature_set(entry, tmp_path, "matlab-5")
    dataset = entry.load(entry, tmp_path)
    np.testing.assert_array_equal(dataset.train.image, files["VDatabase"])
    np.testing.assert_array_equal(dataset.query.text, files["YTest"])


def test_splitting_copies_nothing(tmp_path: Path) -> None:
    entry = small_entry("mscoco")
    write_feature_set(entry, tmp_path, "hdf5")
    dataset = entry.load(entry, tmp_path)
    assert isinstance(dataset.train.image, np.memmap)
    assert isinstance(dataset.query.text, np.memmap)


def test_files_are_found_in_the_published_subfolder(tmp_path: Path) -> None:
    entry = small_entry("mirflickr25k")
    (tmp_path / "MIRFLICKR25K").mkdir()
    write_feature_set(entry, tmp_path / "MIRFLICKR25K", "matlab-5")
    assert len(load_feature_set(entry, tmp_path).train) == 64


def test_values_that_are_not_finite_are_named_with_the_set(tmp_path: Path) -> None:
    entry = small_entry("mirflickr25k")
    files = small_arrays(entry)
    files["mirflickr25k-iall-vgg.mat"]["XAll"][70, 3] = np.nan
    write_feature_set(entry, tmp_path, "matlab-5", files)
    with pytest.raises(DataError, match=r"^mirflickr25k: image_query must be finite .* row 6 holds nan in column 3"):
        entry.load(entry, tmp_path)


def test_labels_other_than_0_and_1_are_named(tmp_path: Path) -> None:
    entry = small_entry("mirflickr25k")
    files = small_arrays(entry)
    files["mirflickr25k-lall.mat"]["LAll"][5, 2] = 7
    write_feature_set(entry, tmp_path, "matlab-5", files)
    with pytest.raises(DataError, match=r"^mirflickr25k-lall\.mat: LAll of shape \(80, 12\) must hold only 0 and 1"):
        entry.load(entry, tmp_path)


def test_mirflickrs_real_tags_and_labels(tmp_path: Path, shared_data: Path) -> None:
    entry = DATASETS["mirflickr25k"]
    image = replace(entry.arrays[0], columns=4)
    entry = replace(entry, arrays=(image, *entry.arrays[1:]))
    made = np.random.default_rng(0).normal(size=(image.rows, image.columns)).astype(np.float32)
    write_feature_set(entry, tmp_path, "matlab-5", {image.file: {image.key: made}})
    for spec in entry.arrays[1:]:
        (tmp_path / spec.file).symlink_to(shared_data / "mirflickr25k" / spec.file)
    dataset = entry.load(entry, tmp_path)
    assert dataset.train.text.shape == (18015, 1386)
    assert dataset.query.label is not None
    assert dataset.query.label.shape == (2000, 24)
    tags_per_row = (dataset.train.text.sum() + dataset.query.text.sum()) / 20015
    assert tags_per_row == pytest.approx(4.6, abs=0.05)
