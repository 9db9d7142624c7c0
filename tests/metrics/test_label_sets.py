from __future__ import annotations

import numpy as np
import pytest

from ucch.metrics.label_sets import check_same_kind, label_sets


@pytest.mark.parametrize(
    ("n_labels", "dtype", "n_words"),
    [
        (1, "u1", 1),
        (8, "u1", 1),
        (9, "u2", 1),
        (24, "u4", 1),
        (33, "u8", 1),
        (64, "u8", 1),
        (65, "u8", 2),
        (300, "u8", 5),
    ],
)
def test_words_are_the_narrowest_that_hold_the_labels(n_labels, dtype, n_words):
    sets = label_sets("labels", np.ones((5, n_labels), bool))
    assert sets.words.dtype == np.dtype(dtype)
    assert sets.words.shape == (n_words, 5)
    assert len(sets) == 5
    assert sets.most_labels() == n_labels


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64, np.float32])
def test_any_number_type_of_zeros_and_ones_reads_alike(dtype):
    rows = np.random.default_rng(0).random((6, 11)) < 0.5
    np.testing.assert_array_equal(label_sets("labels", rows.astype(dtype)).words, label_sets("labels", rows).words)


def test_class_numbers_are_kept_and_single():
    sets = label_sets("labels", np.array([4, 0, 4], np.uint8))
    np.testing.assert_array_equal(sets.words, [[4, 0, 4]])
    assert sets.single
    assert sets.most_labels() == 1
    np.testing.assert_array_equal(sets[1:].words, [[0, 4]])


@pytest.mark.parametrize("form", [lambda a: a[:, None], lambda a: a.astype(float), lambda a: a == 1])
def test_every_form_of_two_classes_is_two_classes(form):
    classes = np.array([1, 0, 0, 1])
    np.testing.assert_array_equal(label_sets("labels", form(classes)).words, label_sets("labels", classes).words)
    assert len(label_sets("labels", form(classes)[:0])) == 0


@pytest.mark.parametrize(
    ("labels", "error", "text"),
    [
        ([0.5, 1.0], ValueError, "labels must hold whole numbers as classes, but row 0 holds 0.5"),
        (
            ["a", "b"],
            TypeError,
            "labels must be class numbers, got text; ucch.label_forms.read_labels numbers",
        ),
        ([3, -1], ValueError, "labels must be class numbers of at least 0, got -1"),
        ([[0, 1], [2, 0]], ValueError, "labels of shape .* must hold only 0 and 1, but row 1 holds 2 in column 0"),
        (
            np.zeros((2, 0)),
            ValueError,
            r"labels must be classes .*, got shape \(2, 0\)",
        ),
        (np.zeros((2, 2, 2)), ValueError, r"got shape \(2, 2, 2\)"),
    ],
)
def test_what_is_neither_kind_is_refused(labels, error, text):
    with pytest.raises(error, match=text):
        label_sets("labels", labels)


def test_kinds_and_widths_must_match():
    check_same_kind(label_sets("a", np.eye(3)), label_sets("b", np.zeros((7, 3))))
    with pytest.raises(ValueError, match="got class numbers and multi-hot rows of 3 labels"):
        check_same_kind(label_sets("a", [1]), label_sets("b", np.eye(3)))
