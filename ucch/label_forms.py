"""The forms in which labels are written, each with one meaning, whoever reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import DataError

__all__ = ["FORMS", "plain_labels", "read_labels"]

FORMS = "classes of shape (rows,), whole numbers or text, or 0/1 multi-hot of shape (rows, classes)"
_CHUNK = 1 << 16  # rows looked at together


def plain_labels(name: str, labels: object) -> npt.NDArray[Any]:
    """Bring the labels of some rows into one of two forms: classes (n,), or rows of 0 and 1.

    ======================================  =====================================================================
    (n,) or (n, 1) whole numbers, floats    classes; a float must have no fraction, as MATLAB and pandas write them
    among them
    (n,) booleans                           classes, two of them
    (n,) or (n, 1) text                     classes, one for each text
    (n, C) of 0 and 1, (n, 1) booleans      multi-hot: a column for each class
    ======================================  =====================================================================

    Lists are what NumPy makes of them. Lists of several lengths, such as the classes of each row, are refused.

    Args:
        name: what messages call them.
        labels: array or lists; a memory-mapped matrix stays on disk and is read once, a few rows at a time.

    Returns:
        int64, uint64 or text (n,); or the matrix as it came.

    Raises:
        DataError: another form, or a value that is none; the message names the row.
    """
    array = _as_array(name, labels)
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise DataError(f"{name} must be {FORMS}, got shape {array.shape}")
    if array.ndim == 2 and array.shape[1] == 1 and array.dtype != np.bool_:
        array = array[:, 0]
    if array.ndim == 2:
        if array.dtype.kind not in "fiub":
            raise DataError(f"{name} must be {FORMS}, got dtype {array.dtype} and shape {array.shape}")
        _check_zero_one(name, array)
        return array
    if array.dtype.kind == "f":
        _check_whole(name, array)
        return array.astype(np.int64)
    if array.dtype.kind in "SUT":
        return array.astype(str)
    return array if array.dtype == np.uint64 else array.astype(np.int64)


def read_labels(labels: Mapping[str, object]) -> dict[str, npt.NDArray[Any]]:
    """Bring the labels of all splits into one form, so that equal classes are equal numbers.

    Args:
        labels: by name, each as :func:`plain_labels` takes it.

    Returns:
        By the same names: classes int64 (n,) of at least 0, or matrices of 0 and 1 with one number of columns. Whole
        numbers from 0 on stay as they are; where one is negative or the classes are text, all are numbered in
        ascending order of the classes found in any of the arrays.

    Raises:
        DataError: a form or value that is none, or forms that do not agree.

    Example:
        >>> read_labels({"query": ["dog"], "database": [["cat"], ["dog"]]})
        {'query': array([1]), 'database': array([0, 1])}
    """
    arrays = {name: plain_labels(name, label) for name, label in labels.items()}
    if not arrays:
        return {}
    first = next(iter(arrays.values()))
    shapes = ", ".join(f"{name} {np.asarray(label).shape}" for name, label in labels.items())
    if len({array.ndim for array in arrays.values()}) > 1:
        raise DataError(f"labels must all be classes (rows,) or all multi-hot (rows, classes), got shapes {shapes}")
    if first.ndim == 2:
        if len({array.shape[1] for array in arrays.values()}) > 1:
            raise DataError(f"multi-hot labels must have the same number of columns, got shapes {shapes}")
        return arrays
    if len({array.dtype.kind == "U" for array in arrays.values()}) > 1:
        kinds = ", ".join(
            f"{name} {'text' if array.dtype.kind == 'U' else 'numbers'}" for name, array in arrays.items()
        )
        raise DataError(f"classes must all be numbers or all be text, got {kinds}")
    if first.dtype.kind != "U" and all(array.min() >= 0 and array.max() < 2**63 for array in arrays.values()):
        return {name: array.astype(np.int64) for name, array in arrays.items()}
    classes = _distinct(arrays.values())
    return {name: np.searchsorted(classes, array.astype(classes.dtype)) for name, array in arrays.items()}


def _distinct(arrays: Any) -> npt.NDArray[Any]:
    found = [np.unique(array) for array in arrays]
    if len({array.dtype.kind for array in found}) == 1:
        return np.unique(np.concatenate(found))
    return np.unique(np.concatenate([array.astype(object) for array in found]))  # int64 and uint64 together


def _as_array(name: str, labels: object) -> npt.NDArray[Any]:
    try:
        array = labels if isinstance(labels, np.ndarray) else np.asarray(labels)
    except ValueError as error:  # lists of several lengths
        raise DataError(
            f"{name} must be {FORMS}, got lists of several lengths; sklearn.preprocessing.MultiLabelBinarizer()"
            ".fit_transform(labels) makes lists of classes multi-hot"
        ) from error
    if array.dtype.kind == "U" and array is not labels:  # NumPy makes text of the numbers in a list with text
        array = np.asarray(labels, dtype=object)
    if array.dtype.kind == "O":
        array = _of_objects(name, array)
    if array.dtype.kind not in "fiubSUT":
        raise DataError(f"{name} must be {FORMS}, got dtype {array.dtype} and shape {array.shape}")
    return array


def _of_objects(name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A column of a table, whose values are Python's own: all of them text, or all of them numbers."""
    flat = array.reshape(-1)
    texts = [isinstance(value, str) for value in flat]
    if all(texts):
        return array.astype(str)
    if not any(texts) and all(isinstance(value, (int, float, np.number, np.bool_)) for value in flat):
        return np.array(array.tolist())
    row = next(
        (row for row, value in enumerate(flat) if not isinstance(value, (str, int, float, np.number, np.bool_))),
        texts.index(not texts[0]),
    )
    raise DataError(f"{name} must be {FORMS}, but value {row} is {repr(flat[row])[:100]}")


def _check_whole(name: str, array: npt.NDArray[Any]) -> None:
    broken = array != np.floor(array)  # NaN compares unequal to itself
    broken |= np.abs(array) >= 2.0**63
    if broken.any():
        row = int(np.argmax(broken))
        raise DataError(f"{name} must hold whole numbers as classes, but row {row} holds {float(array[row])}")


def _check_zero_one(name: str, array: npt.NDArray[Any]) -> None:
    if array.dtype == np.bool_:
        return
    for start in range(0, len(array), _CHUNK):
        part = np.asarray(array[start : start + _CHUNK])
        bad = (part != 0) & (part != 1)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            lies = "; one row of classes is labels.T, a column" if len(array) == 1 else ""
            raise DataError(
                f"{name} of shape {array.shape} must hold only 0 and 1, but row {start + row} holds"
                f" {part[row, column]} in column {column}{lies}"
            )
