"""Captions in a Parquet file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from ucch.data.caption_parquet import parquet_rows
from ucch.data.caption_records import Row
from ucch.errors import DataError


def test_nulls_lists_and_splits(tmp_path: Path) -> None:
    columns = {"image_id": [7, 8], "captions": [["a", None], None], "split": ["train", "test"]}
    parquet.write_table(arrow.table(columns), tmp_path / "c.parquet")
    rows = [Row("7", "a", "train"), Row("7", None, "train"), Row("8", None, "test")]
    assert list(parquet_rows(tmp_path / "c.parquet")) == rows


def test_other_columns_are_named(tmp_path: Path) -> None:
    parquet.write_table(arrow.table({"image": ["a"], "size": [3]}), tmp_path / "c.parquet")
    with pytest.raises(DataError, match="read as Parquet, must have a column .*; it has image, size; rename them"):
        list(parquet_rows(tmp_path / "c.parquet"))
