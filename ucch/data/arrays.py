"""Feature arrays: what is accepted, checked in chunks of rows so that a memory-mapped file stays on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .row_parts import RowParts

__all__ = ["FeatureArray", "check_chunk", "check_finite", "check_matrix", "row_chunks"]

FeatureArray = npt.NDArray[Any]

_CHUNK_VALUES = 1 << 22  # 32 MiB once a chunk is float64
_FLOAT32_MAX = float(np.finfo(np.float32).max)


def row_chunks(features: FeatureArray, chunk_rows: int | None = None) -> Iterator[slice]:
    """Yield slices that walk the rows in order.

    Args:
        features: (n, d).
        chunk_rows: rows a slice; by default as many as hold about four million values.
    """
    rows = chunk_rows or max(1, _CHUNK_VALUES // max(1, features.shape[1]))
    for start in range(0, len(features), rows):
        yield slice(start, min(start + rows, len(features)))


def check_matrix(name: str, features: object) -> FeatureArray:
    """Return ``features`` if it is a matrix of real numbers, else raise ``DataError``; reads no value.

    Args:
        name: what the array is called in the message.
        features: (n, d), n and d at least 1; floats, integers or booleans of at most 64 bits.
    """
    if not isinstance(features, (np.ndarray, RowParts)):
        raise DataError(
            f"{name} must be a numpy array of shape (rows, features), got {type(features).__name__};"
            " convert it with numpy.asarray, a sparse matrix with .toarray()"
        )
    if features.dtype.kind not in "fiub":
        raise DataError(f"{name} must hold real numbers, got dtype {features.dtype} and shape {features.shape}")
    if not features.dtype.isnative or features.dtype.itemsize > 8:
        raise DataError(
            f"{name} must be in this machine's byte order and of at most 64 bits a value,"
            f" got dtype {features.dtype.str}; convert it with .astype('float32')"
        )
    if features.ndim != 2:
        raise DataError(f"{name} must have shape (rows, features), got shape {features.shape}")
    if 0 in features.shape:
        raise DataError(f"{name} must have at least one row and one column, got shape {features.shape}")
    return cast(FeatureArray, features)  # rows in parts read as an array does


def check_finite(name: str, features: FeatureArray) -> None:
    """Raise ``DataError`` at the first row with a value that is NaN, infinite, or too large for float32."""
    if features.dtype.kind == "f":
        for rows in row_chunks(features):
            check_chunk(name, features[rows], first_row=rows.start)


def check_chunk(name: str, chunk: FeatureArray, *, first_row: int) -> None:
    """Do :func:`check_finite` for a piece of the array that starts at ``first_row`` of the whole."""
    if chunk.dtype.kind != "f":
        return
    bad = ~(np.abs(chunk) <= min(_FLOAT32_MAX, float(np.finfo(chunk.dtype).max)))  # NaN compares false
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise DataError(
            f"{name} must be finite in float32, but row {first_row + row} holds {float(chunk[row, column])}"
            f" in column {column}; repair or drop such rows (rows and columns count from 0)"
        )
