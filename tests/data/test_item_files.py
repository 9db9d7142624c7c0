"""Files of one view, or of others than image and text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ucch.data import load_dataset, load_digits_pairs, load_items, save_npz
from ucch.errors import DataError

RNG = np.random.default_rng(0)
TRAIN, QUERY = RNG.normal(size=(40, 4)).astype(np.float32), RNG.normal(size=(6, 4)).astype(np.float32)


def _npz(path: Path, **arrays: Any) -> Path:
    np.savez(path / "made.npz", **arrays)
    return path / "made.npz"


def test_one_view_with_queries_and_labels(tmp_path: Path) -> None:
    labels = {"label_train": np.arange(40) % 3, "label_query": np.arange(6) % 3}
    dataset = load_items(_npz(tmp_path, text_train=TRAIN, text_query=QUERY, **labels))
    assert (dataset.name, dataset.names, dataset.n_classes) == ("made", ("text",), 3)
    np.testing.assert_array_equal(dataset.train.views["text"], TRAIN)
    np.testing.assert_array_equal(dataset.query.views["text"], QUERY)
    assert dataset.database_is_train


def test_a_database_of_its_own(tmp_path: Path) -> None:
    dataset = load_items(_npz(tmp_path, a_train=TRAIN, a_query=QUERY, a_database=TRAIN[:9]))
    assert len(dataset.database) == 9


def test_several_views_in_the_order_of_the_file(tmp_path: Path) -> None:
    arrays = {
        f"{name}_{split}": rows for name in ("b", "a", "c") for split, rows in (("train", TRAIN), ("query", QUERY))
    }
    assert load_items(_npz(tmp_path, **arrays)).names == ("b", "a", "c")


@pytest.mark.parametrize("kind", ["npy", "npz", "parquet"])
def test_where_nothing_asks_one_row_in_ten_does(kind: str, tmp_path: Path) -> None:
    rows = np.concatenate([TRAIN, TRAIN[:20]])  # half of them twice
    path = tmp_path / f"made.{kind}"
    if kind == "npy":
        np.save(path, rows)
    elif kind == "npz":
        np.savez(path, features_train=rows)
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        arrow = pytest.importorskip("pyarrow")
        parquet.write_table(arrow.table({"features": rows.tolist(), "word": ["a"] * 60}), path)
    dataset = load_items(path)
    train, query = (items.views["features"] for items in (dataset.train, dataset.query))
    assert dataset.names == ("features",)
    assert len(train) + len(query) == 60
    assert 1 <= len(query) <= 6
    assert not {row.tobytes() for row in np.asarray(train)} & {row.tobytes() for row in np.asarray(query)}
    assert load_items(path).digest() == dataset.digest()


def test_pairs_are_loaded_as_ever(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "pairs.npz", load_digits_pairs())
    assert load_items(path).digest() == load_dataset(path).digest()
    assert load_items("digits").digest() == load_digits_pairs().digest()
    with pytest.raises(DataError, match=r"lacks image_train; .* others is read by ucch\.data\.load_items"):
        load_dataset(_npz(tmp_path, text_train=TRAIN, text_query=QUERY))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"imge_train": TRAIN, "text_train": TRAIN}, "holds imge_train; did you mean image_train?"),
        ({"a_train": TRAIN, "b_train": TRAIN, "a_query": QUERY}, "b_query is lacking beside a_query"),
        ({"a_train": TRAIN, "label_query": np.arange(6)}, "label_query belongs to no features; give a_query too"),
        ({"a_train": TRAIN, "a_database": TRAIN}, "a_database is searched by queries; give a_query too"),
        ({"a_train": TRAIN, "b_train": TRAIN[1:]}, "a_train and b_train must have one row per item"),
        ({"a_train": TRAIN, "a_quarry": QUERY}, "unknown array 'a_train'"),
        ({"a_train": np.ones((30, 2))}, "a_train must hold two different rows, one to ask with, got 1"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_files_name(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=re.escape(message)) as refused:
        load_items(_npz(tmp_path, **arrays))
    assert "made.npz" in str(refused.value)
