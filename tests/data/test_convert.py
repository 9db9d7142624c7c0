from __future__ import annotations

import os
import re
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.data.published_kit import FORMS, small_arrays, small_entry, write_feature_set
from ucch.data import DATASETS, arrays, convert_dataset
from ucch.errors import DataError

COPIES = ["mirflickr25k-iall-vgg.XAll.npy", "mirflickr25k-yall.YAll.npy"]


@pytest.mark.parametrize("form", ["matlab-5", "matlab-7.3"])
def test_copies_are_mapped_and_change_nothing(tmp_path: Path, form: str) -> None:
    entry = small_entry("mirflickr25k")
    write_feature_set(entry, tmp_path, form)
    before = entry.load(entry, tmp_path)
    assert convert_dataset(entry, tmp_path) == [tmp_path / name for name in COPIES]
    after = entry.load(entry, tmp_path)
    assert isinstance(after.train.image, np.memmap)
    assert isinstance(after.train.text, np.memmap)
    assert after.digest() == before.digest()
    assert convert_dataset(entry, tmp_path) == []


def test_a_set_of_several_matrices_in_one_file(tmp_path: Path) -> None:
    entry = small_entry("iapr-tc12")
    write_feature_set(entry, tmp_path, "matlab-5")
    before = entry.load(entry, tmp_path).digest()
    assert len(convert_dataset(entry, tmp_path)) == 4
    assert entry.load(entry, tmp_path).digest() == before


def test_plain_rows_need_no_copy(tmp_path: Path) -> None:
    entry = small_entry("mscoco")
    write_feature_set(entry, tmp_path, "hdf5")
    assert convert_dataset(entry, tmp_path) == []


def test_a_copy_older_than_its_file_is_not_trusted(tmp_path: Path) -> None:
    entry = small_entry("mirflickr25k")
    write_feature_set(entry, tmp_path, "matlab-5")
    convert_dataset(entry, tmp_path)
    os.utime(tmp_path / COPIES[0], ns=(0, 0))
    message = (
        f"{tmp_path / COPIES[0]} is older than mirflickr25k-iall-vgg.mat, which it was made from;"
        " delete it or convert again"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        entry.load(entry, tmp_path)
    assert convert_dataset(entry, tmp_path) == [tmp_path / COPIES[0]]
    assert len(entry.load(entry, tmp_path).train) == entry.n_train


def test_a_damaged_copy_is_named(tmp_path: Path) -> None:
    entry = small_entry("mirflickr25k")
    write_feature_set(entry, tmp_path, "matlab-5")
    convert_dataset(entry, tmp_path)
    path = tmp_path / COPIES[0]
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} is damaged or no .npy file of numbers: "):
        entry.load(entry, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_matrix_is_refused_before_anything_is_written(tmp_path: Path, form: str) -> None:
    entry = small_entry("mirflickr25k")
    files = small_arrays(entry)
    files["mirflickr25k-iall-vgg.mat"]["XAll"] = np.zeros((12, 80))
    write_feature_set(entry, tmp_path, form, files)
    held = sorted(tmp_path.iterdir())
    with pytest.raises(DataError, match="XAll is transposed"):
        convert_dataset(entry, tmp_path)
    assert sorted(tmp_path.iterdir()) == held


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = small_entry("mirflickr25k")
    write_feature_set(entry, tmp_path, "matlab-5")
    held = sorted(tmp_path.iterdir())

    def full(descriptor: int, offset: int, length: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    message = f"{tmp_path / COPIES[0]} cannot be written: No space left on device"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        convert_dataset(entry, tmp_path)
    assert sorted(tmp_path.iterdir()) == held


@pytest.mark.parametrize("form", ["matlab-5", "matlab-7.3"])
def test_memory_is_the_matrix_once_and_nothing_once_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(arrays, "_CHUNK_VALUES", 1 << 16)
    entry = small_entry("mirflickr25k")
    image, text, label = (replace(spec, rows=2000) for spec in entry.arrays)
    entry = replace(entry, arrays=(replace(image, columns=1024), text, label), n_train=1900, n_query=100)
    write_feature_set(entry, tmp_path, form)
    size = 2000 * 1024 * 4

    def peak() -> float:
        tracemalloc.start()
        entry.load(entry, tmp_path)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest / size

    peak()  # what imports and caches take the first time
    assert 1 <= peak() < 1.3  # a chunk is being checked beside it
    convert_dataset(entry, tmp_path)
    assert peak() < 0.3


@pytest.mark.parametrize("name", ["digits", "wikipedia", "flickr30k"])
def test_sets_that_are_small_or_mapped_already_are_left_alone(tmp_path: Path, name: str) -> None:
    message = f"{name} has no matrices to convert: it is loaded as it is"
    with pytest.raises(DataError, match=f"^{message}$"):
        convert_dataset(DATASETS[name], tmp_path)
