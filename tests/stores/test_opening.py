"""Engines by address, and the engines side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.retrieval.kit import random_codes
from ucch.errors import StoreError
from ucch.retrieval import BinaryIndex
from ucch.stores import LanceStore, MilvusStore, PostgresStore, UsearchStore, open_store


def test_a_folder_is_lancedb(tmp_path: Path) -> None:
    pytest.importorskip("lancedb", reason="lancedb is not installed: pip install 'ucch[store]'")
    assert isinstance(open_store(str(tmp_path / "it"), n_bits=8), LanceStore)


def test_an_address_is_milvus(milvus_uri: str) -> None:
    assert isinstance(open_store(milvus_uri, "opening", n_bits=8), MilvusStore)


def test_a_database_is_postgres_and_a_file_is_usearch(postgres_uri: str, tmp_path: Path) -> None:
    for uri, kind in (
        (postgres_uri, PostgresStore),
        (postgres_uri.replace("postgresql:", "postgres:"), PostgresStore),
        (str(tmp_path / "it.usearch"), UsearchStore),
    ):
        store = open_store(uri, "opening", n_bits=8)
        assert isinstance(store, kind)
        store.close()


@pytest.mark.parametrize("uri", ["stores/photos", "http://127.0.0.1:9"])
def test_engines_without_a_graph_refuse_to_go_by_one(uri: str) -> None:
    with pytest.raises(StoreError, match=f"{uri} is searched exactly; only PostgreSQL and usearch have a graph"):
        open_store(uri, n_bits=8, exact=False)


def test_no_server_is_said(tmp_path: Path) -> None:
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install 'ucch[store]'")
    with pytest.raises(StoreError, match="no Milvus server answers at http://127.0.0.1:9"):
        open_store("http://127.0.0.1:9", n_bits=8)


def test_three_engines_agree_on_100_000_codes(milvus_uri: str, tmp_path: Path) -> None:
    pytest.importorskip("lancedb", reason="lancedb is not installed: pip install 'ucch[store]'")
    codes, queries, ids = random_codes(100_000, 64), random_codes(20, 64, seed=1), np.arange(100_000)
    expected = BinaryIndex.build(codes, 64).search(queries, 20)
    for uri in (str(tmp_path / "lance"), milvus_uri):
        store = open_store(uri, "many", n_bits=64, numbers=True)
        store.upsert(ids, codes)
        assert store.count() == 100_000
        assert store.search(queries, 20).to_json() == expected.to_json()
        store.close()


def test_postgres_and_usearch_agree_with_the_flat_index(postgres_uri: str, tmp_path: Path) -> None:
    """As ``benchmarks/bench_stores.py`` does it with 200,000 codes; 24 bits make for many ties."""
    codes, queries, ids = random_codes(10_000, 24), random_codes(50, 24, seed=1), np.arange(10_000)
    expected = BinaryIndex.build(codes, 24).search(queries, 20)
    for uri in (postgres_uri, str(tmp_path / "it.usearch")):
        store = open_store(uri, "many", n_bits=24, numbers=True)
        store.upsert(ids, codes)
        assert store.count() == 10_000
        assert store.search(queries, 20).to_json() == expected.to_json()
        store.close()
