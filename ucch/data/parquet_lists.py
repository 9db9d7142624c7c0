"""Columns of lists in Parquet files as matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..extras import require

__all__ = ["list_matrix"]


def list_matrix(column: Any, said: str, *, first_row: int = 0) -> npt.NDArray[Any]:
    """The lists of a column as the rows of a matrix.

    Lists are counted one by one: those of several lengths are refused even where their total happens to divide by the
    rows.

    Args:
        column: array or chunked array of pyarrow, of lists of one length (fixed or not) of numbers or booleans.
        said: what messages call it, file and column.
        first_row: number of its first row in the file, for messages.

    Returns:
        (n, d), in the type of the lists' values. O(n d).

    Raises:
        DataError: another type, a row without a list or with an empty value, or lists of several lengths or none; the
            message names the row.
        MissingPackageError: pyarrow is not installed.
    """
    arrow = require("pyarrow", extra="data", need="a Parquet file")
    compute = require("pyarrow.compute", extra="data", need="a Parquet file")
    kinds = arrow.types
    values = getattr(column.type, "value_type", None)
    is_list = kinds.is_list(column.type) or kinds.is_large_list(column.type) or kinds.is_fixed_size_list(column.type)
    is_number = is_list and (kinds.is_integer(values) or kinds.is_floating(values) or kinds.is_boolean(values))
    if not is_number:
        raise DataError(f"{said} must hold lists of numbers of one length, got {column.type}")
    if column.null_count:
        row = compute.index(compute.is_null(column), True).as_py()
        raise DataError(f"{said}: row {first_row + row} has no list; drop such rows, or keep them by --one-sided keep")
    lengths = compute.list_value_length(column).to_numpy()
    differs = lengths != lengths[0] if len(lengths) else np.empty(0, dtype=np.bool_)
    if differs.any():
        row = int(differs.argmax())
        raise DataError(
            f"{said} must hold lists of numbers of one length, but row {first_row + row} has {lengths[row]} values and"
            f" row {first_row} has {lengths[0]}; repair or drop such rows"
        )
    width = int(lengths[0]) if len(lengths) else 1
    if width == 0:
        raise DataError(f"{said} must hold lists of numbers of one length, got lists without a value")
    flat = compute.list_flatten(column)
    if flat.null_count:
        place = compute.index(compute.is_null(flat), True).as_py()
        raise DataError(f"{said}: row {first_row + place // width} holds an empty value; repair or drop such rows")
    numbers: npt.NDArray[Any] = np.asarray(flat).reshape(len(column), width)
    return numbers
