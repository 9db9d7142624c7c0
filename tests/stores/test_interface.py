"""What every store promises, on each engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.retrieval.kit import expected, random_codes
from tests.stores.conftest import Opener
from ucch.errors import DataError, StoreError
from ucch.retrieval import Hits

NAMES = [f'it\'s {n:03d} "quoted"' for n in range(200)]
CODES = random_codes(200, 12)


def pairs(hits: Hits, query: int = 0) -> list[tuple[Any, Any]]:
    ids, distances = hits[query]
    return list(zip(distances.tolist(), ids.tolist(), strict=True))


def test_answers_are_those_of_counting_with_ties_by_id(opened: Opener) -> None:
    store, queries = opened(n_bits=12), random_codes(6, 12, seed=1)
    order = np.random.default_rng(0).permutation(200)
    store.upsert([NAMES[row] for row in order], CODES[order])
    hits = store.search(queries, 7)
    for query in range(6):
        assert pairs(hits, query) == expected(CODES, NAMES, queries[query], 7)
    assert [len(ids) for ids, _ in store.search(queries, 500)] == [200] * 6


def test_numbers_are_ordered_as_numbers(opened: Opener) -> None:
    store = opened(n_bits=8, numbers=True)
    store.upsert([10, 9, 2], np.zeros((3, 1), np.uint8))
    assert store.search(np.zeros(1, np.uint8), 2).ids.tolist() == [2, 9]
    with pytest.raises(DataError, match="ids of this store are whole numbers, got 'a'"):
        store.upsert(["a"], np.zeros((1, 1), np.uint8))


def test_upsert_replaces_delete_takes_out_and_count_counts(opened: Opener) -> None:
    store = opened(n_bits=12)
    assert store.count() == 0
    assert len(store.search(CODES[:1], 3).ids) == 0
    store.batch = 64
    seen: list[tuple[int, int]] = []
    store.upsert(NAMES, CODES, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(64, 200), (128, 200), (192, 200), (200, 200)]
    store.upsert(NAMES[:2], CODES[[5, 6]])
    assert store.count() == 200
    store.delete([*NAMES[100:], "somewhere"])
    assert store.count() == 100
    now = np.concatenate([CODES[[5, 6]], CODES[2:100]])
    assert pairs(store.search(CODES[5], 9)) == expected(now, NAMES[:100], CODES[5], 9)


def test_filters_on_metadata(opened: Opener) -> None:
    store = opened(n_bits=12)
    colour = [["red", 'it\'s "blue"', "green"][n % 3] for n in range(200)]
    store.upsert(NAMES, CODES, {"colour": colour, "year": list(range(200))})
    for where, keep in (
        ({"colour": "red"}, lambda n: n % 3 == 0),
        ({"colour": ["red", 'it\'s "blue"']}, lambda n: n % 3 < 2),
        ({"colour": "red", "year": [3, 4, 6]}, lambda n: n in (3, 6)),
        ({"colour": "' OR true --"}, lambda n: False),
        ({"colour": []}, lambda n: False),
    ):
        only = [name for number, name in enumerate(NAMES) if keep(number)]
        assert pairs(store.search(CODES[0], 5, where=where)) == expected(CODES, NAMES, CODES[0], 5, only)


def test_metadata_columns_are_those_of_the_first_write(opened: Opener) -> None:
    store = opened(n_bits=12)
    store.upsert(NAMES[:2], CODES[:2], {"colour": ["red", "blue"], "year": [1, 2]})
    for one in (store, opened()):
        one.upsert(NAMES[2:3], CODES[2:3], {"year": [3], "colour": ["red"]})
        for metadata, got in (
            ({"year": [1]}, "year"),
            (None, "none"),
            ({"colour": ["a"], "size": [1]}, "colour, size"),
        ):
            with pytest.raises(StoreError, match=f"^metadata columns of this .* are colour, year, got {got}$"):
                one.upsert(NAMES[:1], CODES[:1], metadata)
    assert store.count() == 3
    assert pairs(store.search(CODES[0], 3, where={"year": 1}))[0][1] == NAMES[0]


def test_a_first_write_without_metadata_allows_none(opened: Opener) -> None:
    store = opened(n_bits=12)
    store.upsert(NAMES[:2], CODES[:2])
    for one in (store, opened()):
        with pytest.raises(StoreError, match=r"^metadata columns of this .* are none, got year$"):
            one.upsert(NAMES[:1], CODES[:1], {"year": [1]})


def test_it_is_there_when_opened_again_and_refuses_other_codes(opened: Opener, uri: str) -> None:
    store = opened(n_bits=12, model="aa")
    store.upsert(NAMES[:5], CODES[:5])
    store.close()
    again = opened()
    assert (again.n_bits, again.model, again.count()) == (12, "aa", 5)
    with pytest.raises(StoreError, match="was made for n_bits 12, expected 64"):
        opened(n_bits=64)
    with pytest.raises(StoreError, match="was made for model 'aa', expected 'bb'"):
        opened(model="bb")


def test_what_is_refused(opened: Opener) -> None:
    with pytest.raises(StoreError, match="ucch store push makes one"):
        opened()
    store = opened(n_bits=12)
    cases: list[tuple[Any, type[Exception], str]] = [
        (lambda: store.upsert(["a", "a"], CODES[:2]), DataError, "ids must be distinct"),
        (lambda: store.upsert(["a"], CODES[:2]), DataError, "ids must be as many as codes, 2, got 1"),
        (
            lambda: store.upsert(["a"], CODES[:1], {"year": [1, 2]}),
            DataError,
            "year must be as many as codes, 1, got 2",
        ),
        (lambda: store.upsert(["a"], CODES[:1], {"a-b": [1]}), DataError, "metadata column 'a-b' must be a word"),
        (lambda: store.search(CODES[:1], where={"1=1; --": 2}), DataError, "metadata column"),
        (lambda: store.search(CODES[:1], where={"code": 2}), DataError, "none of code, distance, id"),
        (lambda: store.search(random_codes(1, 64)), ValueError, "queries must be 2 bytes wide"),
        (lambda: store.search(CODES[:1], 0), ValueError, "k must be an int of at least 1"),
    ]
    for call, kind, text in cases:
        with pytest.raises(kind, match=text):
            call()
