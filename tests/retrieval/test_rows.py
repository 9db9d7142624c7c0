"""Codes and ids of an index."""

from __future__ import annotations

import numpy as np
import pytest

from ucch.errors import DataError
from ucch.retrieval import CompactFeatures
from ucch.retrieval.rows import Rows, as_ids, checked_codes, checked_items, distinct, shown_ids


def test_text_survives_and_keeps_its_order() -> None:
    names = ["zebra", "ärger", "a", "日本", "a/b.jpg"]
    stored = as_ids(names)
    assert shown_ids(stored).tolist() == names
    assert shown_ids(np.sort(stored)).tolist() == sorted(names)


@pytest.mark.parametrize("ids", [[3, -1, 2**62], np.array([4, 5], np.uint8), range(3)])
def test_numbers_become_int64(ids: list[int]) -> None:
    assert as_ids(ids).dtype == np.int64
    assert as_ids(ids).tolist() == list(ids)


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([1.5], "ids must be whole numbers or text, got float64"),
        ([True], "ids must be whole numbers or text, got bool"),
        (["a", ""], "must not be empty or hold a NUL"),
        (["a\0b"], "must not be empty or hold a NUL"),
        (["\ud800"], "not valid Unicode text"),
        ([[1]], r"ids must be one-dimensional, got shape \(1, 1\)"),
        (np.array([2**63], np.uint64), "must fit into 64 signed bits"),
    ],
)
def test_ids_that_are_none(ids: list[int], text: str) -> None:
    with pytest.raises(DataError, match=text):
        as_ids(ids)


def test_repeated_ids_are_named_three_at_most() -> None:
    with pytest.raises(DataError, match=r"ids must be distinct, but repeat: 1, 2, 3 and 1 more"):
        distinct(np.array([1, 1, 2, 2, 3, 3, 4, 4, 5]))


def test_missing_ids_keep_their_order_and_kind() -> None:
    rows = Rows(np.zeros((3, 1), np.uint8), np.array([30, 10, 20]))
    assert rows.missing([5, 10, 40, 20, 1]).tolist() == [5, 40, 1]
    rows.mark_removed(np.array([1]))
    assert rows.missing([10, 30]).tolist() == [10]
    named = Rows(np.zeros((2, 1), np.uint8), as_ids(["a", "ä"]))
    assert named.missing(["b", "ä", "日本"]).tolist() == ["b", "日本"]
    assert Rows(np.zeros((0, 1), np.uint8), as_ids([])).missing([1, 2]).tolist() == [1, 2]


def test_find_after_changes() -> None:
    rows = Rows(np.zeros((3, 1), np.uint8), np.array([30, 10, 20]))
    assert rows.find([10, 30]).tolist() == [1, 0]
    rows.mark_removed(np.array([1]))
    assert rows.n_alive == 2
    with pytest.raises(DataError, match="not in the index: 10"):
        rows.find([10])
    rows.append(np.ones((1, 1), np.uint8), np.array([10]))
    assert rows.find([10]).tolist() == [3]
    rows.drop_removed()
    assert (rows.ids.tolist(), rows.find([10]).tolist()) == ([30, 20, 10], [2])
    assert rows.find([99, 20], missing_ok=True).tolist() == [1]


def test_longer_texts_can_be_appended() -> None:
    rows = Rows(np.zeros((1, 1), np.uint8), as_ids(["a"]))
    rows.append(np.zeros((1, 1), np.uint8), as_ids(["a longer one"]))
    assert rows.find(["a longer one"]).tolist() == [1]


def test_codes_are_checked_and_made_rows() -> None:
    assert checked_codes("codes", np.zeros(2, np.uint8), 12).shape == (1, 2)
    with pytest.raises(ValueError, match="codes sets bits beyond the 12 of a code"):
        checked_codes("codes", np.array([[0, 0b0000_1000]], np.uint8), 12)


def test_items_have_an_id_each_and_features_where_any_have() -> None:
    codes = np.array([[0b10100000], [0b01000000]], np.uint8)
    assert checked_items(codes, None, None, 3)[1].tolist() == [0, 1]
    with pytest.raises(DataError, match="ids must be as many as codes, 2, got 1"):
        checked_items(codes, ["a"], None, 3)
    with pytest.raises(DataError, match="ids must be distinct, but repeat: 'a'"):
        checked_items(codes, ["a", "a"], None, 3)
    with pytest.raises(DataError, match="features must be as many as codes, 2, got 3"):
        checked_items(codes, ["a", "b"], CompactFeatures.compress(np.ones((3, 4))), 3)
