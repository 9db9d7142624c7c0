"""One form of labels, one meaning: in data sets, evaluations of files, metrics and the estimator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evaluation.kit import code_files
from ucch.data import load_npz, multi_hot
from ucch.errors import DataError
from ucch.evaluation import evaluate_files
from ucch.label_forms import read_labels

WORDS = np.array(["cat", "dog", "eel"])

# classes 0, 1, 2 (n,) -> the same labels in another form
FORMS: dict[str, Callable[[Any], Any]] = {
    "numbers": lambda classes: classes,
    "a column": lambda classes: classes[:, None],
    "floats": lambda classes: classes.astype(float),
    "a column of float32": lambda classes: classes[:, None].astype(np.float32),
    "bytes": lambda classes: classes.astype(np.uint8),
    "numbers below zero": lambda classes: classes.astype(np.int16) - 1,
    "large numbers": lambda classes: classes.astype(np.uint64) + np.uint64(2**63),
    "text": lambda classes: WORDS[classes],
    "a column of text": lambda classes: WORDS[classes][:, None],
    "bytes of text": lambda classes: WORDS[classes].astype("S3"),
    "multi-hot": lambda classes: np.eye(3, dtype=np.int8)[classes],
    "multi-hot of floats": lambda classes: np.eye(3)[classes],
    "multi-hot of booleans": lambda classes: np.eye(3, dtype=bool)[classes],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_one_map_and_one_matrix(form: str, tmp_path: Path) -> None:
    files = code_files(tmp_path)
    expected = evaluate_files(files, n_bits=20)
    classes = {"query": np.load(files.query_labels), "database": np.load(files.database_labels)}
    labels = {side: FORMS[form](held) for side, held in classes.items()}
    for side, held in labels.items():
        np.save(tmp_path / f"{side}_labels.npy", held)
    assert evaluate_files(files, n_bits=20)["query_to_database"] == expected["query_to_database"]
    rng = np.random.default_rng(0)
    arrays = {f"{kind}_{side}": rng.normal(size=(30, 2)) for kind in ("image", "text") for side in ("train", "query")}
    np.savez(tmp_path / "set.npz", **arrays, label_train=labels["database"][:30], label_query=labels["query"])
    data = load_npz(tmp_path / "set.npz")
    np.testing.assert_array_equal(data.query.label, classes["query"][:, None] == np.arange(3))
    np.testing.assert_array_equal(data.train.label, classes["database"][:30, None] == np.arange(3))


@pytest.mark.parametrize("form", [form for form in FORMS if not form.startswith("multi-hot")])
def test_two_classes_are_two_classes_in_every_form(form: str) -> None:
    classes = np.array([0, 1, 1, 0])
    np.testing.assert_array_equal(multi_hot({"label": FORMS[form](classes)})["label"], classes[:, None] == [0, 1])


def test_lists_and_columns_of_tables_are_read_too() -> None:
    for given in (["dog", "cat"], [["dog"], ["cat"]], np.array(["dog", "cat"], object)):
        assert read_labels({"label": given})["label"].tolist() == [1, 0]
    assert read_labels({"label": np.array([3, 1], object)})["label"].tolist() == [3, 1]
    assert read_labels({}) == {}


def test_class_numbers_from_zero_on_are_left_as_they_are() -> None:
    held = read_labels({"query": np.array([7, 0]), "database": np.array([[300.0]])})
    assert {side: (array.tolist(), array.dtype) for side, array in held.items()} == {
        "query": ([7, 0], np.int64),
        "database": ([300], np.int64),
    }


def test_classes_are_numbered_over_both_sides() -> None:
    assert {side: array.tolist() for side, array in read_labels({"a": ["dog"], "b": ["cat", "dog"]}).items()} == {
        "a": [1],
        "b": [0, 1],
    }
    mixed = read_labels({"a": np.array([-1]), "b": np.array([2**63, 5], np.uint64)})
    assert {side: array.tolist() for side, array in mixed.items()} == {"a": [0], "b": [2, 1]}


def test_a_matrix_is_looked_at_beyond_its_first_rows() -> None:
    matrix = np.zeros((70_000, 2), np.uint8)
    matrix[69_999, 1] = 7
    with pytest.raises(DataError, match="row 69999 holds 7 in column 1"):
        read_labels({"label": matrix})


def test_the_advice_for_lists_of_classes_works() -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    labels = [["sky", "dog"], ["dog"]]
    with pytest.raises(DataError, match=r"sklearn.preprocessing.MultiLabelBinarizer\(\)\.fit_transform\(labels\)"):
        read_labels({"label": labels})
    made = preprocessing.MultiLabelBinarizer().fit_transform(labels)
    np.testing.assert_array_equal(multi_hot({"label": made})["label"], [[True, True], [True, False]])
