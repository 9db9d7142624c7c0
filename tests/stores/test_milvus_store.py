"""What is Milvus's own."""

from __future__ import annotations

import pytest

from tests.retrieval.kit import random_codes
from ucch.errors import StoreError
from ucch.stores import MilvusStore


def test_a_collection_of_somebody_else_is_left_alone(milvus_uri: str) -> None:
    from pymilvus import MilvusClient

    MilvusClient(uri=milvus_uri).create_collection("theirs", dimension=4)
    with pytest.raises(StoreError, match="collection 'theirs' at .* was not made by ucch; name another"):
        MilvusStore(milvus_uri, "theirs", n_bits=8)


def test_an_id_that_is_too_long_is_refused_before_anything_is_sent(milvus_uri: str) -> None:
    store = MilvusStore(milvus_uri, "long", n_bits=8)
    with pytest.raises(StoreError, match="an id may have 512 bytes in Milvus, got 'aaa"):
        store.upsert(["a" * 513], random_codes(1, 8))
    assert store.count() == 0


def test_more_ties_than_one_answer_holds_end(milvus_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MilvusStore, "largest", 40)
    store = MilvusStore(milvus_uri, "ties", n_bits=8, numbers=True)
    store.upsert(range(100), random_codes(1, 8).repeat(100, axis=0))
    assert len(store.search(random_codes(1, 8), 10).ids) == 10
