"""What is PostgreSQL's own, on a real server."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.retrieval.kit import random_codes
from ucch.errors import DataError, StoreError
from ucch.retrieval import BinaryIndex
from ucch.stores import PostgresStore
from ucch.stores.postgres_link import PostgresLink


@contextlib.contextmanager
def table(uri: str, name: str, **options: Any) -> Iterator[PostgresStore]:
    store = PostgresStore(uri, name, **options)
    try:
        yield store
    finally:
        store.close()


def rows(uri: str, text: str) -> list[tuple[Any, ...]]:
    link = PostgresLink(uri, "")
    try:
        return link.run(text)
    finally:
        link.close()


def test_the_table_is_one_that_anybody_can_read(postgres_uri: str) -> None:
    with table(postgres_uri, "Plain", n_bits=12) as store:
        store.upsert(["a", "b"], np.array([[0b10100000, 0b11110000], [0, 0]], np.uint8), {"year": [1, 2]})
    assert rows(postgres_uri, "SELECT id, code::text, year FROM \"Plain\" ORDER BY code <~> B'000000000000'") == [
        ("b", "000000000000", 2),
        ("a", "101000001111", 1),
    ]


def test_a_table_of_somebody_else_is_left_alone(postgres_uri: str) -> None:
    rows(postgres_uri, "CREATE TABLE theirs (id text)")
    for comment in ("NULL", "'of mine'", "'{{\"ucch\": 3}}'"):
        rows(postgres_uri, f"COMMENT ON TABLE theirs IS {comment}")
        with pytest.raises(StoreError, match="table 'theirs' at .* was not made by ucch; name another"):
            PostgresStore(postgres_uri, "theirs", n_bits=8)


def test_nothing_of_a_first_write_that_fails_stays(postgres_uri: str) -> None:
    with table(postgres_uri, "failing", n_bits=8) as store:
        with pytest.raises(StoreError, match="contain NUL"):
            store.upsert(["a"], random_codes(1, 8), {"x": ["\0"]})
        assert store.count() == 0
        store.upsert(["a"], random_codes(1, 8))
        assert store.count() == 1


def test_two_that_open_a_new_table_write_into_one(postgres_uri: str) -> None:
    with table(postgres_uri, "shared", n_bits=8) as one, table(postgres_uri, "shared", n_bits=8) as two:
        one.upsert(["a"], random_codes(1, 8))
        two.upsert(["b"], random_codes(1, 8))
        assert one.count() == two.count() == 2
    with table(postgres_uri, "parted", n_bits=8) as one, table(postgres_uri, "parted", n_bits=16) as two:
        one.upsert(["a"], random_codes(1, 8))
        for _ in range(2):
            with pytest.raises(StoreError, match="was made meanwhile, for other codes; open it again"):
                two.upsert(["b"], random_codes(1, 16))
        assert one.count() == 1


def test_values_that_a_column_would_change_are_refused(postgres_uri: str) -> None:
    with table(postgres_uri, "kinds", n_bits=8) as store:
        store.upsert(["a", "b"], random_codes(2, 8), {"year": [3, 4], "good": [True, False]})
        with pytest.raises(DataError, match="metadata column 'year' of this table holds bigint, got double precision"):
            store.upsert(["c"], random_codes(1, 8), {"year": [3.5], "good": [True]})
        query = random_codes(1, 8)
        assert store.search(query, where={"year": "3"}).ids.tolist() == ["a"]  # as the command line gives it
        assert store.search(query, where={"good": [np.False_]}).ids.tolist() == ["b"]  # type: ignore[dict-item]
        with pytest.raises(StoreError, match="metadata columns of this table are good, year, got place"):
            store.search(query, where={"place": "Ulm"})
        with pytest.raises(StoreError, match="invalid input syntax for type bigint"):
            store.search(query, where={"year": "three"})


def test_the_graph_is_used_when_asked_for_and_only_then(postgres_uri: str) -> None:
    codes, ids = random_codes(2000, 64), np.arange(2000)
    with table(postgres_uri, "graph", n_bits=64, numbers=True) as store:
        with pytest.raises(StoreError, match="there is no table 'graph' at .*; push codes first"):
            store.build_graph()
        store.upsert(ids, codes)
        store.build_graph(m=8, ef_construction=32)
        store.build_graph()
    made = rows(postgres_uri, "SELECT indexdef FROM pg_indexes WHERE tablename = 'graph' AND indexdef LIKE '%hnsw%'")
    assert len(made) == 1
    assert "bit_hamming_ops" in made[0][0]
    rows(postgres_uri, "ANALYZE graph")
    queries = random_codes(20, 64, seed=1)
    truth = BinaryIndex.build(codes, 64).search(queries, 10)
    scans = "SELECT idx_scan FROM pg_stat_user_indexes WHERE relname = 'graph' AND indexrelname LIKE '%code%'"
    with table(postgres_uri, "graph") as store:
        assert store.search(queries, 10).to_json() == truth.to_json()
    assert rows(postgres_uri, scans) == [(0,)]
    with table(postgres_uri, "graph", exact=False) as store:
        near = store.search(queries, 10)
    until = time.monotonic() + 20
    while rows(postgres_uri, scans)[0][0] < 20 and time.monotonic() < until:
        time.sleep(0.1)  # a server process reports what it has counted when it ends, after its client has
    assert rows(postgres_uri, scans)[0][0] >= 20
    found = [len({*mine.tolist()} & {*best.tolist()}) for (mine, _), (best, _) in zip(near, truth, strict=True)]
    assert np.mean(found) > 8


def test_a_server_without_the_extension_says_so(postgres_uri: str) -> None:
    rows(postgres_uri, "CREATE DATABASE bare")
    rows(postgres_uri, "CREATE ROLE guest LOGIN")
    guest = postgres_uri.replace("/postgres?", "/bare?").replace("postgres:@", "guest@")
    with table(guest, "codes", n_bits=8) as store, pytest.raises(StoreError, match="permission denied .*vector"):
        store.upsert(["a"], random_codes(1, 8))


def test_a_connection_that_the_server_ends_is_said_and_nothing_is_lost(postgres_uri: str) -> None:
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with table(postgres_uri, "ended", n_bits=8) as store:
        store.upsert(["a"], random_codes(1, 8))
        rows(postgres_uri, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        with pytest.raises(StoreError, match="table 'ended' at postgresql://.*: .*"):
            store.upsert(["b"], random_codes(1, 8))
    with table(postgres_uri, "ended") as again:
        assert again.count() == 1
