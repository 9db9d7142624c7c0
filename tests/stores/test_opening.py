"""Engines by address, and the three engines side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.retrieval.kit import random_codes
from ucch.errors import StoreError
from ucch.retrieval import BinaryIndex
from ucch.stores import LanceStore, MilvusStore, open_store


def test_a_folder_is_lancedb(tmp_path: Path) -> None:
    pytest.importorskip("lancedb", reason="lancedb is not installed: pip install 'ucch[store]'")
    assert isinstance(open_store(str(tmp_path / "it"), n_bits=8), LanceStore)


def test_an_address_is_milvus(milvus_uri: str) -> None:
    assert isinstance(open_store(milvus_uri, "opening", n_bits=8), MilvusStore)


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
