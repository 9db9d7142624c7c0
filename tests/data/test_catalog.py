from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.data.published_kit import small_entry, write_feature_set
from ucch.data import DATASETS, PairedDataset, Pairs, dataset_entry, load_dataset, load_digits_pairs, save_npz
from ucch.errors import DataError

NAMES = "digits, flickr30k, flickr8k, iapr-tc12, mirflickr-tags, mirflickr25k, mscoco, nus-wide-tc10, wikipedia"


def test_names_are_sorted_and_plain() -> None:
    assert list(DATASETS) == sorted(DATASETS)
    assert ", ".join(DATASETS) == NAMES
    assert all(name == entry.name for name, entry in DATASETS.items())


@pytest.mark.parametrize("name", ["digits", "Digits"])
def test_a_built_in_set_needs_no_folder(name: str) -> None:
    assert load_dataset(name).digest() == load_digits_pairs().digest()


@pytest.mark.parametrize(("name", "folder"), [("wikipedia", "wikipedia"), ("MIRFLICKR_tags", "mirflickr25k")])
def test_a_published_set_is_read_from_its_folder(shared_data: Path, name: str, folder: str) -> None:
    assert load_dataset(name, shared_data / folder).name == name.lower().replace("_", "-")


def test_a_catalog_set_is_loaded_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = small_entry("nus-wide-tc10")
    monkeypatch.setitem(DATASETS, "nus-wide-tc10", entry)
    write_feature_set(entry, tmp_path, "matlab-7.3")
    assert len(load_dataset("NUS_wide_TC10", tmp_path).train) == entry.n_train


@pytest.mark.parametrize("name", [name for name in DATASETS if name != "digits"])
def test_a_published_set_without_a_folder_is_refused(name: str) -> None:
    message = f"{name} is read from its published files; name their folder with --data-root"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_dataset(name)


@pytest.mark.parametrize("file", ["mine.npz", "mine.data", "MINE.NPZ"])
def test_a_file_is_read_as_npz(tmp_path: Path, file: str) -> None:
    pairs = Pairs(np.ones((3, 2)), np.ones((3, 2)))
    written = save_npz(tmp_path / "x.npz", PairedDataset("mine", pairs, pairs))
    path = written.rename(tmp_path / file)
    assert load_dataset(path).digest() == load_dataset(str(path)).digest()


def test_a_missing_npz_file_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.npz does not exist; an \.npz file of features is expected there$"):
        load_dataset(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("name", "ending"),
    [("wikipdia", " Did you mean 'wikipedia'?"), ("digit", " Did you mean 'digits'?"), ("laion", "")],
)
def test_an_unknown_name_lists_the_known_ones(name: str, ending: str) -> None:
    message = f"{name!r} is neither a data set ({NAMES}) nor a file or folder that exists.{ending}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_dataset(name)
    message = f"{name!r} is not a data set of the catalog ({NAMES}).{ending}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        dataset_entry(name)
