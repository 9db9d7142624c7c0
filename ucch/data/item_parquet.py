"""Views as columns of one Parquet file, a row per item."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..extras import require
from ..plain_json import one_line
from .parquet import check_declared, column_matrix, split_sides

__all__ = ["list_columns", "read_columns"]

_WORDS = ("split", "label")


def read_columns(path: Path) -> dict[str, Any] | None:
    """Read arrays as an ``.npz`` file of views has them: ``NAME_train``, ``NAME_query``, ``label_train`` and so on.

    Columns of lists of numbers are views; ``split`` says which rows ask, and is not needed; ``label`` holds classes as
    whole numbers. Other columns are passed over.

    Returns:
        The arrays; None where the file has the columns ``image`` and ``text``, those of pairs, or no column of lists.

    Raises:
        DataError: the file is damaged, a split has a name without a meaning, or lists differ in length.
        MissingPackageError: pyarrow is not installed.
    """
    arrow = require("pyarrow", extra="data", need="a Parquet file")
    parquet = require("pyarrow.parquet", extra="data", need="a Parquet file")
    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            views = list_columns(arrow, schema)
            if not views or {"image", "text"} <= set(views) or len(set(schema.names)) < len(schema.names):
                return None
            check_declared(path, file)
            words = [name for name in _WORDS if name in schema.names]
            table = file.read(columns=[*views, *words])
            said = {name: table[name].to_pylist() for name in words}
    except DataError:
        raise
    except (OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {one_line(error)}") from error
    columns: dict[str, Any] = {view: column_matrix(path, table, view) for view in views}
    if "label" in said:
        columns["label"] = _labels(path, said["label"])
    if "split" not in said:
        return {f"{name}_train": rows for name, rows in columns.items()}
    sides = split_sides(path, said["split"])
    return {f"{name}_{split}": rows[side] for split, side in sides.items() for name, rows in columns.items()}


def list_columns(arrow: Any, schema: Any) -> list[str]:
    """Names of the columns of lists, in order."""
    return [field.name for field in schema if _holds_lists(arrow, field.type)]


def _holds_lists(arrow: Any, kind: Any) -> bool:
    kinds = arrow.types
    return bool(kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind))


def _labels(path: Path, column: list[Any]) -> Any:
    for row, value in enumerate(column):
        if not isinstance(value, int) or isinstance(value, bool):
            raise DataError(f"{path}: column label must hold whole numbers, but row {row} holds {repr(value)[:100]}")
    return np.array(column, dtype=np.int64)
