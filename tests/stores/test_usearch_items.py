"""Ids and metadata behind the keys of usearch."""

from __future__ import annotations

import json

import pytest

from ucch.errors import StoreError
from ucch.stores.usearch_items import UsearchItems


def test_numbers_are_their_own_keys_and_texts_get_the_next() -> None:
    assert UsearchItems(True).put([9, 2], {}) == ([9, 2], [])
    items = UsearchItems(False)
    assert items.put(["b", "a"], {}) == ([0, 1], [])
    assert items.put(["a", "c"], {}) == ([1, 2], [1])
    assert items.ids([2, 0, 1]) == ["c", "b", "a"]
    assert items.take_out(["b", "x"]) == [0]
    assert items.put(["b"], {}) == ([3], [])
    assert len(items) == 3


def test_everything_comes_back_from_json() -> None:
    items = UsearchItems(False)
    items.put(["b", "a", "c"], {"year": [1, 2, 2], "good": [True, False, True]})
    items.take_out(["b"])
    again = UsearchItems(False, json.loads(json.dumps(items.to_json())))
    assert again.to_json() == items.to_json()
    assert again.ids(again.passing({"year": 2, "good": [True]})) == ["c"]
    assert again.put(["d"], {"good": [True], "year": [3]}) == ([3], [])
    assert again.ids(again.passing({"year": [3]})) == ["d"]


def test_what_is_refused() -> None:
    items = UsearchItems(True)
    assert items.passing({"year": 1}) == []
    with pytest.raises(StoreError, match="ids of a usearch file are whole numbers from 0, or texts, got -3"):
        items.put([1, -3], {})
    assert len(items) == 0
    items.put([1], {"year": [1]})
    with pytest.raises(StoreError, match="metadata columns of this file are year, got none"):
        items.put([2], {})
    with pytest.raises(StoreError, match="metadata columns of this file are year, got place"):
        items.passing({"place": "Ulm"})
