from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from ucch.data import multi_hot
from ucch.errors import DataError
from ucch.label_forms import FORMS


def test_classes_share_their_columns_over_all_arrays() -> None:
    splits = multi_hot({"label_train": np.array([5, -2, 5]), "label_query": np.array([9, -2], np.int8)})
    np.testing.assert_array_equal(splits["label_train"], [[0, 1, 0], [1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(splits["label_query"], [[0, 0, 1], [1, 0, 0]])
    assert all(label.dtype == np.bool_ for label in splits.values())


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float64"])
def test_multi_hot_keeps_its_columns_and_rows_without_label(dtype: str) -> None:
    given = np.array([[1, 0, 1], [0, 0, 0]], dtype)
    label = multi_hot({"label": given})["label"]
    assert label.dtype == np.bool_
    np.testing.assert_array_equal(label, given)


def test_whole_floats_count_as_classes_and_lists_are_taken() -> None:
    np.testing.assert_array_equal(multi_hot({"label": np.array([3.0, 1.0])})["label"], [[0, 1], [1, 0]])
    np.testing.assert_array_equal(multi_hot({"label": [3, 1]})["label"], [[0, 1], [1, 0]])


def test_boolean_classes_are_two_columns() -> None:
    np.testing.assert_array_equal(multi_hot({"label": np.array([True, False])})["label"], [[0, 1], [1, 0]])


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64"])
@pytest.mark.parametrize("classes", [[0, 1, 0, 1], [3, 0, 2, 0], [1, 1, 1, 1]])
def test_a_column_of_classes_is_that_row_of_classes(dtype: str, classes: list[int]) -> None:
    given = np.array(classes, dtype)
    column, row = multi_hot({"label": given[:, None]}), multi_hot({"label": given})
    np.testing.assert_array_equal(column["label"], row["label"])
    mixed = multi_hot({"label_train": given, "label_query": given[:2, None]})
    np.testing.assert_array_equal(mixed["label_query"], mixed["label_train"][:2])


def test_what_multi_hot_made_is_left_as_it_is() -> None:
    for made in (np.array([[True], [False]]), np.array([[True, False], [False, False]])):
        np.testing.assert_array_equal(multi_hot({"label": made})["label"], made)


def test_no_arrays_give_no_arrays() -> None:
    assert multi_hot({}) == {}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"label": np.array([["cat", "dog"]])}, f"label must be {FORMS}, got dtype <U3 and shape (1, 2)"),
        ({"label": np.zeros(2, complex)}, f"label must be {FORMS}, got dtype complex128 and shape (2,)"),
        ({"label": ["cat", None, "dog"]}, f"label must be {FORMS}, but value 1 is None"),
        ({"label": [1, "dog"]}, f"label must be {FORMS}, but value 1 is 'dog'"),
        ({"label": np.array(["cat", np.nan], object)}, f"label must be {FORMS}, but value 1 is nan"),
        (
            {"label": [[0, 2], [1]]},
            f"label must be {FORMS}, got lists of several lengths; sklearn.preprocessing.MultiLabelBinarizer()"
            ".fit_transform(labels) makes lists of classes multi-hot",
        ),
        ({"a": ["cat"], "b": [1]}, "classes must all be numbers or all be text, got a text, b numbers"),
        (
            {"label": np.array([[3, 1, 0]])},
            "label of shape (1, 3) must hold only 0 and 1, but row 0 holds 3 in column 0; one row of classes is"
            " labels.T, a column",
        ),
        ({"label": np.zeros((2, 2, 2))}, f"label must be {FORMS}, got shape (2, 2, 2)"),
        ({"label": np.zeros((0,))}, f"label must be {FORMS}, got shape (0,)"),
        ({"label": np.zeros((4, 0))}, f"label must be {FORMS}, got shape (4, 0)"),
        ({"label": np.array([1.0, 2.5])}, "label must hold whole numbers as classes, but row 1 holds 2.5"),
        ({"label": np.array([np.nan])}, "label must hold whole numbers as classes, but row 0 holds nan"),
        ({"label": np.array([1.0, np.inf])}, "label must hold whole numbers as classes, but row 1 holds inf"),
        (
            {"label": np.array([[0, 1], [0, 2]])},
            "label of shape (2, 2) must hold only 0 and 1, but row 1 holds 2 in column 1",
        ),
        (
            {"label_train": np.zeros((4, 3)), "label_query": np.zeros((2, 5))},
            "multi-hot labels must have the same number of columns, got shapes label_train (4, 3), label_query (2, 5)",
        ),
        (
            {"label_train": np.zeros((4, 3)), "label_query": np.zeros(2, int)},
            "labels must all be classes (rows,) or all multi-hot (rows, classes),"
            " got shapes label_train (4, 3), label_query (2,)",
        ),
        (
            {"label_train": np.zeros((4, 3)), "label_query": np.zeros((2, 1))},
            "labels must all be classes (rows,) or all multi-hot (rows, classes),"
            " got shapes label_train (4, 3), label_query (2, 1)",
        ),
    ],
)
def test_wrong_labels_are_refused(labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        multi_hot(labels)
