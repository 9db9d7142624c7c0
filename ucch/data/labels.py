"""Labels in one form: boolean multi-hot matrices with the same columns in every split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError

__all__ = ["LabelMatrix", "multi_hot"]

LabelMatrix = npt.NDArray[np.bool_]


def multi_hot(labels: Mapping[str, object]) -> dict[str, LabelMatrix]:
    """Turn the label arrays of all splits into boolean multi-hot matrices over one set of columns.

    Integer classes become one column per distinct value found in *any* of the arrays, in ascending order; so a class
    that only the queries have gets its column in the training labels too. Multi-hot arrays keep their columns.

    Args:
        labels: array by name; the names appear in messages. Either every array has shape (n,) and holds integers
            (floats without fraction, as MATLAB writes them, count as integers), or every array has shape (n, C)
            and holds 0 and 1 only, with one C. A column (n, 1) holds classes, as MATLAB writes them, 0 and 1 among
            them; of booleans, which are no classes there, it is multi-hot. A row without any label is allowed.

    Returns:
        bool (n, C) by the same names.

    Raises:
        DataError: an array is neither of the two, or the arrays do not agree.

    Example:
        >>> splits = multi_hot({"label_train": np.array([7, 3]), "label_query": np.array([3])})
        >>> splits["label_train"].astype(int)
        array([[0, 1],
               [1, 0]])
        >>> splits["label_query"].astype(int)
        array([[1, 0]])
    """
    arrays = {name: _check_numbers(name, label) for name, label in labels.items()}
    if not arrays:
        return {}
    shapes = ", ".join(f"{name} {np.asarray(label).shape}" for name, label in labels.items())
    if len({array.ndim for array in arrays.values()}) > 1:
        raise DataError(f"labels must all be classes (rows,) or all multi-hot (rows, classes), got shapes {shapes}")
    if next(iter(arrays.values())).ndim == 1:
        classes = np.unique(np.concatenate([np.unique(array) for array in arrays.values()]))
        return {name: array[:, None] == classes for name, array in arrays.items()}
    if len({array.shape[1] for array in arrays.values()}) > 1:
        raise DataError(f"multi-hot labels must have the same number of columns, got shapes {shapes}")
    return {name: _check_zero_one(name, array) for name, array in arrays.items()}


def _check_numbers(name: str, label: object) -> npt.NDArray[Any]:
    forms = "integer classes of shape (rows,) or 0/1 multi-hot of shape (rows, classes)"
    array = np.asarray(label)
    if array.dtype.kind not in "fiub":
        raise DataError(f"{name} must be {forms}, got dtype {array.dtype} and shape {array.shape}")
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise DataError(f"{name} must be {forms}, got shape {array.shape}")
    if array.ndim == 2 and array.shape[1] == 1 and array.dtype != np.bool_:
        array = array[:, 0]
    if array.ndim == 1 and array.dtype.kind == "f":
        broken = array != np.floor(array)  # NaN compares unequal to itself
        broken |= np.isinf(array)
        if broken.any():
            row = int(np.argmax(broken))
            raise DataError(f"{name} must hold integer classes, but row {row} holds {float(array[row])}")
    return array


def _check_zero_one(name: str, array: npt.NDArray[Any]) -> LabelMatrix:
    if array.dtype == np.bool_:
        return array
    hot: LabelMatrix = array == 1
    bad = ~(hot | (array == 0))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"{name} of shape {array.shape} must hold only 0 and 1,"
            f" but row {row} holds {array[row, column]} in column {column}"
        )
    return hot
