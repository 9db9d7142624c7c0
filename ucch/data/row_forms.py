"""Rows of features in the forms that people hold them in: arrays, tensors, lists, columns of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ..errors import DataError
from .arrays import FeatureArray
from .row_parts import RowParts

__all__ = ["as_rows"]


def as_rows(name: str, features: Any) -> FeatureArray:
    """Turn features into an array; what is none of the forms is returned as it is, for the check that names it.

    Args:
        name: what the features are called in messages.
        features: (n, d): an array, returned as it is; a tensor on any device; a list of lists of numbers, which become
            float32 where they are fractions, of arrays or of tensors; a column of ``datasets``.

    Raises:
        DataError: the rows of a list differ in length, or hold anything but numbers.

    Example:
        >>> as_rows("text", [[0.5, 1.0], [2.0, 3.0]]).dtype
        dtype('float32')
    """
    if isinstance(features, (np.ndarray, RowParts)):
        return cast(FeatureArray, features)
    if hasattr(features, "detach"):
        return _of_tensor(features)
    if isinstance(features, (str, bytes)) or not isinstance(features, Sequence):
        return cast(FeatureArray, features)
    rows = features if isinstance(features, (list, tuple)) else features[:]  # a column gives what it is formatted as
    if not isinstance(rows, (list, tuple)):
        return as_rows(name, rows)
    if not rows:
        raise DataError(f"{name} must have at least one row, got an empty list")
    if hasattr(rows[0], "detach"):
        rows = [_of_tensor(row) for row in rows]
    return _stacked(name, rows)


def _stacked(name: str, rows: Sequence[Any]) -> FeatureArray:
    lengths = [len(row) if hasattr(row, "__len__") else 0 for row in rows]
    differs = next((number for number, length in enumerate(lengths) if length != lengths[0]), None)
    if differs is not None:
        raise DataError(
            f"{name} must have rows of one length, but row {differs} has {lengths[differs]} values and row 0 has"
            f" {lengths[0]}; repair or drop such rows"
        )
    try:
        array = np.asarray(rows)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"{name} must hold numbers in every row: {error}") from None
    if array.dtype == np.float64 and not isinstance(rows[0], np.ndarray):  # Python has no narrower fraction
        with np.errstate(over="ignore"):  # what does not fit is refused as not finite
            return array.astype(np.float32)
    return array


def _of_tensor(tensor: Any) -> FeatureArray:
    held = tensor.detach().cpu()
    kept = held.float() if str(held.dtype) == "torch.bfloat16" else held  # NumPy has no bfloat16
    return cast(FeatureArray, kept.numpy())
