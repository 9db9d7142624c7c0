"""Codes from a Parquet file, as ``ucch encode`` writes it or of anybody's making."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..extras import require
from .parquet_lists import list_matrix

__all__ = ["read_code_column"]

_BITS = b"ucch.n_bits"


def read_code_column(path: Path, what: str) -> tuple[npt.NDArray[Any], int | None]:
    """Read the column ``code`` of a Parquet file; the others are not touched.

    Args:
        path: the file. ``code`` is fixed-size binary (packed codes) or lists of one length of numbers or booleans.
        what: what it should hold, for messages.

    Returns:
        Rows (n, W), uint8 for binary and else of the lists' type, in memory; and the bits of a code that the file
        states, as those of ``ucch encode`` do, or None.

    Raises:
        DataError: the file is missing or damaged, has no such column, or a row of it is empty.
        MissingPackageError: pyarrow is not installed.
    """
    arrow = require("pyarrow", extra="data", need="a Parquet file")
    parquet = require("pyarrow.parquet", extra="data", need="a Parquet file")
    try:
        with parquet.ParquetFile(path) as file:
            names, stated = file.schema_arrow.names, (file.schema_arrow.metadata or {}).get(_BITS)
            if "code" not in names:
                raise DataError(f"{what} {path} must have a column code, got {', '.join(names) or 'none'}")
            column = file.read(["code"])["code"].combine_chunks()
    except (OSError, arrow.ArrowException) as error:
        raise DataError(f"{what} {path} cannot be read as Parquet: {error}") from error
    if column.null_count:
        raise DataError(f"{what} {path}: {column.null_count} rows have no code; leave them out")
    return _matrix(arrow, column, f"{what} {path}"), _bits(stated, f"{what} {path}")


def _matrix(arrow: Any, column: Any, said: str) -> npt.NDArray[Any]:
    if arrow.types.is_fixed_size_binary(column.type):
        width = column.type.byte_width
        content = column.buffers()[1]
        flat = np.frombuffer(content, np.uint8) if content is not None else np.empty(0, np.uint8)
        return flat[column.offset * width : (column.offset + len(column)) * width].reshape(len(column), width)
    return list_matrix(column, f"{said}: the column code, where it is not of fixed-size binary,")


def _bits(stated: bytes | None, said: str) -> int | None:
    if stated is None:
        return None
    if not stated.isdigit() or int(stated) == 0:
        raise DataError(f"{said}: ucch.n_bits must be a whole number of at least 1, got {stated!r}")
    return int(stated)
