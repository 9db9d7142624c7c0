"""Columns of tables: chosen by usual names, read group by group, with ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="pip install 'ucch[data]'")
import pyarrow
from pyarrow import parquet

from ucch.data.left_out import LeftOut
from ucch.errors import DataError
from ucch.extraction import TableFeatures, open_column

ROWS = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
LISTS = pyarrow.array(ROWS.tolist(), pyarrow.list_(pyarrow.float32()))
PICTURES = pyarrow.array([{"bytes": b"x", "path": None}] * 7)


def table(path: Path, row_group_size: int = 3, **columns: Any) -> Path:
    parquet.write_table(pyarrow.table(columns), path, row_group_size=row_group_size)
    return path


@pytest.mark.parametrize(
    ("columns", "modality", "name", "found"),
    [
        ({"photo": PICTURES, "caption": list("abcdefg"), "image": LISTS}, None, None, ("photo", "images")),
        ({"photo": PICTURES, "Caption": list("abcdefg")}, "text", None, ("Caption", "texts")),
        ({"photo": PICTURES, "caption": list("abcdefg")}, None, "caption", ("caption", "texts")),
        ({"note": list("abcdefg"), "embedding": LISTS}, None, None, ("embedding", "features")),
        ({"text": list("abcdefg"), "image": LISTS}, "image", None, ("image", "features")),
        ({"text": LISTS, "image": LISTS}, "text", None, ("text", "features")),
        ({"note": list("abcdefg"), "embedding": LISTS}, "text", "note", ("note", "texts")),
    ],
)
def test_the_column_is_chosen_by_usual_names_or_by_its_own(
    columns: dict[str, Any], modality: str | None, name: str | None, found: tuple[str, str], tmp_path: Path
) -> None:
    column = open_column(table(tmp_path / "t.parquet", **columns), modality, name)
    assert (column.name, column.kind) == found


def test_features_come_in_pieces_with_ids_over_several_files(tmp_path: Path) -> None:
    for number in range(2):
        table(tmp_path / f"{number}.parquet", features=LISTS, id=[f"{number}.{row}" for row in range(7)])
    features = TableFeatures(open_column(tmp_path, "image"))
    assert features.n_rows == 14
    pieces = list(features.batches(5))
    assert [len(ids) for _, ids in pieces] == [5, 5, 4]
    np.testing.assert_array_equal(np.concatenate([rows for rows, _ in pieces]), np.concatenate([ROWS, ROWS]))
    assert [name for _, ids in pieces for name in ids] == [f"{number}.{row}" for number in range(2) for row in range(7)]


def test_a_saved_data_set_has_its_splits_in_the_ids(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="pip install datasets")
    rows = datasets.Dataset.from_dict({"embedding": list(ROWS)})
    rows.save_to_disk(tmp_path / "one")
    one = TableFeatures(open_column(tmp_path / "one", "text"))
    assert [ids for _, ids in one.batches(100)] == [[str(row) for row in range(7)]]
    datasets.DatasetDict({"train": rows.select(range(4)), "test": rows.select([6, 5])}).save_to_disk(tmp_path / "two")
    ((read, ids),) = TableFeatures(open_column(tmp_path / "two", "text")).batches(100)
    assert ids == ["train/0", "train/1", "train/2", "train/3", "test/4", "test/5"]
    np.testing.assert_array_equal(read, ROWS[[0, 1, 2, 3, 6, 5]])


def test_texts_without_text_are_counted(tmp_path: Path) -> None:
    column = open_column(table(tmp_path / "t.parquet", text=["a", " ", None, " b ", "", "c", "d"]))
    left_out = LeftOut()
    assert column.texts(left_out) == (["a", "b", "c", "d"], ["0", "3", "5", "6"])
    assert left_out.sentence() == "rows without text: 3 (1, 2, 4)"
    empty = open_column(table(tmp_path / "none.parquet", text=[None, ""], id=["x", "y"]), name="text")
    assert empty.kind == "texts"
    with pytest.raises(DataError, match="column text holds no text"):
        empty.texts(left_out)


@pytest.mark.parametrize(
    ("columns", "modality", "name", "message"),
    [
        ({"a": list("abcdefg")}, None, "b", "must have the column b, it has a; name it with --column"),
        ({"a": list("abcdefg")}, None, None, "must have a column of pictures, texts or features, it has a; name it"),
        ({"a": [1] * 7}, None, "a", "column a holds int64, which is no picture, text and no list of numbers"),
        ({"text": list("abcdefg")}, "image", "text", "column text holds string, which is no picture and no list of"),
        ({"photo": PICTURES}, "text", "photo", "which is no text and no list of numbers; name another column"),
    ],
)
def test_what_cannot_be_encoded_is_named(
    columns: dict[str, Any], modality: str | None, name: str | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message):
        open_column(table(tmp_path / "t.parquet", **columns), modality, name)


def test_what_is_no_table_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError, match="is no folder that datasets saved and holds no Parquet file"):
            open_column(path)
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(DataError, match="cannot be read as a table"):
        open_column(tmp_path / "t.parquet")
    good = table(tmp_path / "t.parquet", features=LISTS)
    table(tmp_path / "u.parquet", other=LISTS)
    assert good.exists()
    with pytest.raises(DataError, match="u.parquet must have the column features, it has other"):
        open_column(tmp_path, "text")
