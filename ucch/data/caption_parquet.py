"""Captions in a Parquet file without pictures: a column of names and one of texts or lists of texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError
from ..extras import require
from ..plain_json import one_line
from .caption_records import CAPTION_NAMES, IMAGE_NAMES, SPLIT_NAMES, Row, find_name, rows_of
from .sizes import check_size

__all__ = ["parquet_rows"]


def parquet_rows(path: Path) -> Iterator[Row]:
    """Rows of a Parquet file.

    Raises:
        DataError: damaged, or without such columns.
        MissingPackageError: pyarrow is not installed.
    """
    arrow = require("pyarrow", extra="data", need="a Parquet file")
    parquet = require("pyarrow.parquet", extra="data", need="a Parquet file")
    try:
        with parquet.ParquetFile(path) as file:
            names, meta = file.schema_arrow.names, file.metadata
            image, caption = find_name(names, IMAGE_NAMES), find_name(names, CAPTION_NAMES)
            if image is None or caption is None:
                raise DataError(
                    f"{path}, read as Parquet, must have a column {' or '.join(IMAGE_NAMES[:4])}, ... and one"
                    f" {' or '.join(CAPTION_NAMES[:3])}, ...; it has {', '.join(names)[:200] or 'none'}; rename them"
                )
            chosen = {"image": image, "caption": caption, "split": find_name(names, SPLIT_NAMES)}
            check_size(path, "its rows", 8 * meta.num_rows)
            for group in range(meta.num_row_groups):
                check_size(path, "a group of its rows", meta.row_group(group).total_byte_size)
            table = file.read(columns=[name for name in chosen.values() if name is not None])
        columns = [[""] * len(table) if name is None else table[name].to_pylist() for name in chosen.values()]
    except DataError:
        raise
    except (OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {one_line(error)}") from error
    for number, (name, text, split) in enumerate(zip(*columns, strict=True)):
        yield from rows_of(f"{path}, row {number}", name, text, split)
