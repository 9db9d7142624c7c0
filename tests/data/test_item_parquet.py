"""Views as columns of Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.data import load_items
from ucch.data.item_parquet import read_columns
from ucch.errors import DataError

arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

TRAIN = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)


def test_parquet_columns_of_lists_are_views(tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    split = ["test", "train", "train", "test"]
    columns = {"split": split, "label": [0, 1, 0, 1], "text": TRAIN.tolist(), "sound": TRAIN[:4, :2].tolist()}
    parquet.write_table(arrow.table(columns), path)
    dataset = load_items(path)
    assert (dataset.names, dataset.n_classes) == (("text", "sound"), 2)
    np.testing.assert_array_equal(dataset.query.views["sound"], TRAIN[[0, 3], :2])
    np.testing.assert_array_equal(dataset.query.label, [[True, False], [False, True]])
    parquet.write_table(arrow.table({**columns, "label": ["a"] * 4}), path)
    with pytest.raises(DataError, match=r"made\.parquet: column label must hold whole numbers, but row 0 holds 'a'"):
        load_items(path)


def test_columns_of_pairs_and_files_without_lists_are_not_its_own(tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    for columns in ({"image": TRAIN.tolist(), "text": TRAIN.tolist()}, {"number": [1, 2]}):
        parquet.write_table(arrow.table(columns), path)
        assert read_columns(path) is None


def test_a_split_without_a_meaning_is_named(tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    parquet.write_table(arrow.table({"split": ["left", "right"], "a": TRAIN[:2].tolist()}), path)
    with pytest.raises(DataError, match="column split must hold one of train, .*got 'left'"):
        load_items(path)
