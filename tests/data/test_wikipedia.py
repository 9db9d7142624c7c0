from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from ucch.data import load_wikipedia
from ucch.data.wikipedia import SOURCE
from ucch.errors import DataError


def _write(folder: Path, n_train: int = 2173, n_query: int = 693) -> None:
    rng = np.random.default_rng(0)
    arrays = {"I_tr": (n_train, 4), "T_tr": (n_train, 3), "I_te": (n_query, 4), "T_te": (n_query, 3)}
    savemat(folder / "raw_features.mat", {name: rng.random(shape) for name, shape in arrays.items()})
    for name, n in (("trainset_txt_img_cat.list", 2173), ("testset_txt_img_cat.list", 693)):
        (folder / name).write_text("".join(f"text{i}\timage{i}\t{1 + i % 10}\n" for i in range(n)))


def test_reads_the_published_set(shared_data: Path) -> None:
    dataset = load_wikipedia(shared_data / "wikipedia")
    assert dataset.name == "wikipedia"
    assert dataset.train.image.shape == (2173, 128)
    assert dataset.train.text.shape == (2173, 10)
    assert dataset.query.image.shape == (693, 128)
    assert dataset.query.text.shape == (693, 10)
    assert dataset.database_is_train
    assert dataset.train.label is not None
    assert dataset.query.label is not None
    assert dataset.train.label[:3].argmax(axis=1).tolist() == [5, 8, 2]  # categories 6, 9, 3
    assert dataset.query.label[:3].argmax(axis=1).tolist() == [1, 9, 2]
    assert (dataset.query.label.sum(axis=1) == 1).all()


def test_reads_files_of_the_published_form(tmp_path: Path) -> None:
    _write(tmp_path)
    dataset = load_wikipedia(str(tmp_path))
    assert (len(dataset.train), len(dataset.query), dataset.n_classes) == (2173, 693, 10)
    assert dataset.train.array_name("image") == "image_train"


@pytest.mark.parametrize("name", ["raw_features.mat", "trainset_txt_img_cat.list", "testset_txt_img_cat.list"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    _write(tmp_path)
    (tmp_path / name).unlink()
    message = f"{name} is not in {tmp_path}. The files come from: {SOURCE}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_wikipedia(tmp_path)


def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    _write(tmp_path)
    savemat(tmp_path / "raw_features.mat", {"I_tr": np.ones((2173, 4)), "I_te": np.ones((693, 4))})
    with pytest.raises(DataError, match=r"raw_features\.mat lacks T_tr, T_te; it holds I_tr, I_te$"):
        load_wikipedia(tmp_path)


def test_other_row_counts_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, n_query=692)
    message = f"{tmp_path / 'raw_features.mat'}: I_te must have 693 rows, got shape (692, 4)"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_wikipedia(tmp_path)


def test_a_short_list_is_refused(tmp_path: Path) -> None:
    _write(tmp_path)
    (tmp_path / "testset_txt_img_cat.list").write_text("a\tb\t1\n\n")
    message = f"{tmp_path / 'testset_txt_img_cat.list'} must have 693 lines, got 1"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_wikipedia(tmp_path)


@pytest.mark.parametrize("line", ["a\tb", "a\tb\t0", "a\tb\t11", "a\tb\tart", "a\tb\t-1", "a\tb\t1\tc"])
def test_a_broken_line_is_numbered(tmp_path: Path, line: str) -> None:
    _write(tmp_path)
    path = tmp_path / "trainset_txt_img_cat.list"
    path.write_text(f"a\tb\t1\n{line}\n")
    message = f"{path}, line 2: must be text, image and category (1 to 10), got {line!r}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_wikipedia(tmp_path)


def test_an_empty_list_is_refused(tmp_path: Path) -> None:
    _write(tmp_path)
    (tmp_path / "trainset_txt_img_cat.list").write_text("")
    with pytest.raises(DataError, match=r"is empty; it must name text, image and category on every line$"):
        load_wikipedia(tmp_path)
