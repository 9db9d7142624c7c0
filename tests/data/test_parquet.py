"""Paired features read from Parquet."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.extraction.kit import small_extraction
from ucch.data import PairedDataset, Pairs, load_dataset
from ucch.data.parquet import load_parquet
from ucch.errors import DataError
from ucch.extraction import save_extraction_parquet

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.mark.parametrize("captions_each", [1, 3])
def test_what_extract_writes_is_read_back_equal(tmp_path: Path, captions_each: int) -> None:
    extraction = small_extraction(tmp_path, captions_each)
    path = save_extraction_parquet(tmp_path / "features.parquet", extraction)
    assert load_dataset(path).digest() == extraction.dataset.digest()
    assert load_dataset(path).name == "features"


def _write(path: Path, **changes: list[object]) -> Path:
    columns: dict[str, list[object]] = {
        "split": ["query", "train", "train", "train"],
        "image_id": ["q", "b", "a", "b"],
        "text_id": ["0", "1", "2", "3"],
        "image": [[9.0, 9.0], [1.0, 2.0], [3.0, 4.0], [1.0, 2.0]],
        "text": [[0.0], [1.0], [2.0], [3.0]],
    }
    parquet.write_table(pyarrow.table({**columns, **changes}), path)
    return path


def test_captions_in_any_order_find_their_image(tmp_path: Path) -> None:
    train = load_parquet(_write(tmp_path / "mine.parquet")).train
    np.testing.assert_array_equal(train.image, [[1, 2], [3, 4]])
    assert train.item_of_text.tolist() == [0, 1, 0]
    assert train.text[:, 0].tolist() == [1, 2, 3]


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} cannot be read as Parquet: "):
        load_parquet(path)
    parquet.write_table(pyarrow.table({"split": ["train"]}), path)
    with pytest.raises(DataError, match="lacks the columns image_id, text_id, image, text; it has split$"):
        load_parquet(path)


REFUSED: dict[str, tuple[dict[str, list[object]], str]] = {
    "no query": (
        {"split": ["train"] * 4},
        "column split must have training rows (train, training, restval) and queries"
        " (query, test, testing, val, validation, valid, dev), got 'train' (4 rows)",
    ),
    "a split without a meaning": (
        {"split": ["query", "train", "train", "extra"]},
        "got 'train' (2 rows), 'query' (1 rows), 'extra' (1 rows); rename or drop rows",
    ),
    "ragged": (
        {"text": [[0.0], [1.0, 2.0], [2.0], [3.0]]},
        "column text must hold lists of numbers of one length, but row 1 has 2 values and row 0 has 1",
    ),
    "ragged, in total as many as even ones": (
        {"image": [[9.0, 9.0], [1.0], [3.0, 4.0, 1.0], [1.0, 2.0]]},
        "column image must hold lists of numbers of one length, but row 1 has 1 values and row 0 has 2",
    ),
    "a row without a list": ({"image": [[9.0], None, [3.0], [1.0]]}, "column image: row 1 has no list"),
    "an empty value": ({"text": [[0.0], [1.0], [None], [3.0]]}, "column text: row 2 holds an empty value"),
    "no lists": ({"text": ["a", "b", "c", "d"]}, "column text must hold lists of numbers of one length, got string"),
    "an image on both sides": (
        {"image_id": ["b", "b", "a", "b"]},
        "1 image_id stand in both splits, so that queries find themselves (the first are b)",
    ),
    "two images of one id": (
        {"image": [[9.0, 9.0], [1.0, 2.0], [3.0, 4.0], [1.0, 2.5]]},
        "rows 1 and 3 have one image_id, 'b', but different features in the column image",
    ),
    "an id that is none": ({"image_id": ["q", "b", None, "b"]}, "column image_id must hold texts or whole numbers"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_columns_that_would_change_value_are_refused(tmp_path: Path, case: str) -> None:
    changes, message = REFUSED[case]
    with pytest.raises(DataError, match=re.escape(message)) as refusal:
        load_parquet(_write(tmp_path / "mine.parquet", **changes))
    assert str(refusal.value).startswith(str(tmp_path / "mine.parquet"))


@pytest.mark.parametrize("word", ["test", "Test", "val", "dev", "validation"])
def test_queries_go_by_the_names_in_use(tmp_path: Path, word: str) -> None:
    split = [word, "train", "training", "train"]
    dataset = load_parquet(_write(tmp_path / "mine.parquet", split=split))
    assert (len(dataset.train), len(dataset.query)) == (2, 1)
    assert dataset.digest() == load_parquet(_write(tmp_path / "mine.parquet")).digest()


def test_validation_rows_beside_test_rows_are_counted(tmp_path: Path) -> None:
    path = _write(tmp_path / "mine.parquet", split=["test", "train", "val", "train"])
    with pytest.warns(UserWarning, match="1 validation rows are left out beside test rows; splits: 'train' .2 rows."):
        assert len(load_parquet(path).train) == 1


def test_numbers_are_ids_too(tmp_path: Path) -> None:
    numbered = load_parquet(_write(tmp_path / "mine.parquet", image_id=[7, 1, 0, 1], text_id=[0, 1, 2, 3]))
    assert numbered.digest() == load_parquet(_write(tmp_path / "mine.parquet")).digest()


LACKING: dict[str, list[object]] = {
    "split": ["query", "train", "train", "train", "train", "query"],
    "image_id": ["q", "b", "a", None, "b", "r"],
    "text_id": ["0", "1", None, "3", "4", None],
    "image": [[9.0, 9.0], None, [3.0, 4.0], None, [1.0, 2.0], [7.0, 7.0]],
    "text": [[0.0], [1.0], None, [3.0], [4.0], [float("nan")]],
}


def test_rows_that_lack_a_side(tmp_path: Path) -> None:
    path = _write(tmp_path / "mine.parquet", **LACKING)
    with pytest.raises(DataError, match="column image: row 1 has no list; drop such rows, or keep them by --one-sided"):
        load_parquet(path)
    kept = load_dataset(path, one_sided="keep")
    train = kept.train
    np.testing.assert_array_equal(train.image, [[1, 2], [3, 4], [0, 0]])  # b, whose second row has its features; a
    assert train.text[:, 0].tolist() == [1, 0, 3, 4]
    assert train.item_of_text.tolist() == [0, 1, 2, 0]
    assert {kind: mask.tolist() for kind, mask in train.seen.items()} == {
        "image": [True, True, False],
        "text": [True, False, True],
    }
    assert len(kept.query) == 1  # queries ask both ways
    dropped = load_parquet(path, one_sided="drop").train
    assert (dropped.all_complete, dropped.text[:, 0].tolist()) == (True, [1, 4])


def test_one_text_each_stays_with_its_image(tmp_path: Path) -> None:
    columns = {
        "split": ["query", "train", "train", "train"],
        "image_id": ["q", "b", "a", "b"],
        "text_id": ["0", None, "2", "3"],
        "image": [[9.0, 9.0], [1.0, 2.0], [3.0, 4.0], [1.0, 2.0]],
        "text": [[0.0], None, [2.0], [3.0]],
    }
    train = load_parquet(_write(tmp_path / "mine.parquet", **columns), one_sided="keep").train
    assert (train.all_complete, train.image_of_text) == (True, None)
    np.testing.assert_array_equal(np.hstack([train.image, train.text]), [[3, 4, 2], [1, 2, 3]])


@pytest.mark.parametrize("captions_each", [1, 3])
def test_missing_sides_are_written_as_null_and_read_back(tmp_path: Path, captions_each: int) -> None:
    extraction = small_extraction(tmp_path, captions_each)
    train = extraction.dataset.train
    text_seen, image_seen = np.arange(9) % 3 != 0, np.arange(9) % 3 != 1
    kept = ~np.isin(train.item_of_text, np.flatnonzero(~text_seen)) | np.isin(
        np.arange(len(train.text)), train.first_text
    )
    image = np.where(image_seen[:, None], train.image, 0)
    text = np.where(text_seen[train.item_of_text[kept]][:, None], train.text[kept], 0)
    rows = None if captions_each == 1 else train.item_of_text[kept]
    lacking = Pairs(image, text, split="train", image_of_text=rows, image_seen=image_seen, text_seen=text_seen)
    ids = {"train": [str(row) for row in np.flatnonzero(kept)], "query": extraction.text_ids["query"]}
    dataset = PairedDataset("features", lacking, extraction.dataset.query)
    path = tmp_path / "lacking.parquet"
    save_extraction_parquet(path, replace(extraction, dataset=dataset, text_ids=ids))
    table = parquet.read_table(path)
    assert table["image_id"].null_count == table["image"].null_count > 0
    assert table["text_id"].null_count == table["text"].null_count == 3
    again = load_dataset(path, one_sided="keep")
    if captions_each == 1:
        assert again.train.digest() == lacking.digest()
    np.testing.assert_array_equal(again.train.side("text"), lacking.side("text"))
    np.testing.assert_array_equal(again.train.side("image"), lacking.side("image"))
