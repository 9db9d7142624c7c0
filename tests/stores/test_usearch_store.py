"""What is usearch's own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from usearch.index import Index

from tests.retrieval.kit import random_codes
from ucch.errors import StoreError
from ucch.retrieval import BinaryIndex
from ucch.stores import UsearchStore

CODES = random_codes(300, 64)


def filled(path: Path, name: str = "codes") -> UsearchStore:
    store = UsearchStore(str(path), name, n_bits=64, numbers=True)
    store.upsert(range(300), CODES)
    return store


def test_ids_that_are_numbers_are_keys_for_usearch_itself(tmp_path: Path) -> None:
    filled(tmp_path / "it.usearch").delete([7])
    index = Index.restore(str(tmp_path / "it.usearch"))
    assert index is not None
    assert len(index) == 299
    assert index.search(CODES[5], 1, exact=True).keys.tolist() == [5]
    assert not index.contains(7)


def test_by_the_graph_it_finds_most_and_exactly_it_finds_all(tmp_path: Path) -> None:
    filled(tmp_path / "it.usearch")
    queries = random_codes(20, 64, seed=1)
    truth = BinaryIndex.build(CODES, 64).search(queries, 10)
    assert UsearchStore(str(tmp_path / "it.usearch"), "codes").search(queries, 10).to_json() == truth.to_json()
    near = UsearchStore(str(tmp_path / "it.usearch"), "codes", exact=False).search(queries, 10)
    found = [len({*mine.tolist()} & {*best.tolist()}) for (mine, _), (best, _) in zip(near, truth, strict=True)]
    assert np.mean(found) > 8


def test_what_another_process_wrote_is_seen_and_kept(tmp_path: Path) -> None:
    one, two = filled(tmp_path / "it.usearch"), UsearchStore(str(tmp_path / "it.usearch"), "codes")
    one.upsert([500], CODES[:1])
    two.upsert([600], CODES[1:2])
    assert one.count() == two.count() == 302
    assert one.search(CODES[1], 2).ids.tolist() == [1, 600]


def test_what_passed_a_filter_is_looked_up_anew_after_every_write(tmp_path: Path) -> None:
    one = UsearchStore(str(tmp_path / "it.usearch"), "codes", n_bits=64, numbers=True)
    one.upsert([1, 2, 3], CODES[:3], {"place": ["Ulm", "Bonn", "Ulm"]})

    def ids(place: str) -> list[int]:
        return sorted(one.search(CODES[0], 5, where={"place": place}).ids.tolist())

    assert (ids("Ulm"), ids("Bonn"), ids("Ulm")) == ([1, 3], [2], [1, 3])
    one.upsert([4], CODES[3:4], {"place": ["Ulm"]})
    assert ids("Ulm") == [1, 3, 4]
    one.delete([3])
    assert ids("Ulm") == [1, 4]
    UsearchStore(str(tmp_path / "it.usearch"), "codes").upsert([4], CODES[3:4], {"place": ["Bonn"]})
    assert (ids("Ulm"), ids("Bonn")) == ([1], [2, 4])


def test_a_write_that_fails_leaves_file_and_store_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "it.usearch"
    store = UsearchStore(str(path), "codes", n_bits=64, numbers=True)
    store.batch = 100
    with pytest.raises(StoreError, match="whole numbers from 0, or texts, got -1"):
        store.upsert([*range(299), -1], CODES)
    assert store.count() == 0
    assert not path.exists()
    store.upsert(range(100), CODES[:100])
    before = path.read_bytes()
    with pytest.raises(StoreError, match="got -1"):
        store.upsert([*range(200, 499), -1], CODES)
    assert store.count() == 100
    assert path.read_bytes() == before


def test_files_of_other_tables_codes_and_hands_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "it.usearch"
    store = filled(path, "mine")
    with pytest.raises(StoreError, match="it.usearch holds the table 'mine', not 'codes'; a file holds one"):
        UsearchStore(str(path), "codes")
    os.unlink(path)
    UsearchStore(str(path), "mine", n_bits=16).upsert(["a"], random_codes(1, 16))
    for _ in range(2):
        with pytest.raises(StoreError, match="was written meanwhile, with other codes; open it again"):
            store.count()
    content = path.read_bytes()
    path.write_bytes(b"\0" * 64 + content[64:])
    with pytest.raises(StoreError, match="it.usearch"):
        UsearchStore(str(path), "mine")
    path.write_bytes(b"no")
    with pytest.raises(StoreError, match="was not made by ucch, or is damaged"):
        UsearchStore(str(path), "mine", n_bits=64)
