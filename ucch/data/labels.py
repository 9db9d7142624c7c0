"""Labels in one form: boolean multi-hot matrices with the same columns in every split."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..label_forms import read_labels

__all__ = ["LabelMatrix", "multi_hot"]

LabelMatrix = npt.NDArray[np.bool_]


def multi_hot(labels: Mapping[str, object]) -> dict[str, LabelMatrix]:
    """Turn the label arrays of all splits into boolean multi-hot matrices over one set of columns.

    Classes become one column per distinct value found in *any* of the arrays, in ascending order; so a class that only
    the queries have gets its column in the training labels too. Multi-hot arrays keep their columns.

    Args:
        labels: array by name; the names appear in messages. Every array holds classes, (n,) or (n, 1), numbers or
            text; or every array has shape (n, C) and holds 0 and 1 only, with one C: see
            :func:`~ucch.label_forms.plain_labels`. A row of zeros, without any label, is allowed.

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
    arrays = read_labels(labels)
    if not arrays or next(iter(arrays.values())).ndim == 2:
        return {name: array if array.dtype == np.bool_ else array == 1 for name, array in arrays.items()}
    classes = np.unique(np.concatenate([np.unique(array) for array in arrays.values()]))
    return {name: array[:, None] == classes for name, array in arrays.items()}
