"""The catalog's literal facts agree with one another and with the protocol's published sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from tests.data.published_kit import FEATURE_SETS, write_matlab_73
from tests.training.kit import small_recipe
from ucch.data import DATASETS
from ucch.training import Trainer

PUBLISHED = {  # pairs, queries, image, text, classes
    "mirflickr25k": (20015, 2000, 4096, 1386, 24),
    "iapr-tc12": (20000, 2000, 4096, 2912, 255),
    "nus-wide-tc10": (186557, 2100, 4096, 1000, 10),
    "mscoco": (122218, 5000, 4096, 300, 80),
}


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_sizes_are_those_of_the_paper(name: str) -> None:
    entry = DATASETS[name]
    pairs, queries, *columns = PUBLISHED[name]
    assert (entry.n_train + entry.n_query, entry.n_query, entry.n_classes) == (pairs, queries, columns[-1])
    for kind, width in zip(("image", "text", "label"), columns, strict=True):
        specs = [spec for spec in entry.arrays if spec.kind == kind]
        assert sum(spec.rows for spec in specs) == pairs
        assert {spec.columns for spec in specs} == {width}


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_every_entry_says_where_it_comes_from(name: str) -> None:
    entry = DATASETS[name]
    assert all((entry.summary, entry.image, entry.text, entry.source, entry.licence, entry.reference))
    assert entry.built_in != bool(entry.arrays or entry.other_files)


@pytest.mark.parametrize("form", ["matlab-5", "matlab-7.3"])
def test_wikipedia_trains_one_epoch_on_generated_files(tmp_path: Path, form: str) -> None:
    entry, rng = DATASETS["wikipedia"], np.random.default_rng(0)
    arrays = {spec.key: rng.random((spec.rows, spec.columns)) for spec in entry.arrays}
    path = tmp_path / "raw_features.mat"
    if form == "matlab-5":
        savemat(path, arrays)
    else:
        write_matlab_73(path, arrays)
    for name, n in (("trainset", 2173), ("testset", 693)):
        lines = "".join(f"text{i}\timage{i}\t{i % 10 + 1}\n" for i in range(n))
        (tmp_path / f"{name}_txt_img_cat.list").write_text(lines)
    train = entry.load(entry, tmp_path).train
    assert len(train) == entry.n_train
    assert np.isfinite(Trainer(small_recipe("batch_size=512"), train).train_epoch().loss)


def test_tag_halves_train_one_epoch_on_generated_files(tmp_path: Path) -> None:
    entry, rng = DATASETS["mirflickr-tags"], np.random.default_rng(0)
    for spec in entry.arrays:
        values = np.zeros((spec.rows, spec.columns), np.uint8)
        values[np.arange(spec.rows)[:, None], rng.integers(0, spec.columns, (spec.rows, 8))] = 1
        savemat(tmp_path / spec.file, {spec.key: values}, do_compression=True)
    train = entry.load(entry, tmp_path).train
    assert train.image.shape[1] == train.text.shape[1] == 693
    assert np.isfinite(Trainer(small_recipe("batch_size=256"), train).train_epoch().loss)


def test_digits_train_one_epoch() -> None:
    train = DATASETS["digits"].load(DATASETS["digits"], Path()).train
    assert len(train) == DATASETS["digits"].n_train
    assert np.isfinite(Trainer(small_recipe("batch_size=512"), train).train_epoch().loss)
