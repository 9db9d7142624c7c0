"""What is Milvus's own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

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


class Collection:
    """What ``MilvusClient`` of one collection does, as far as writing asks for it; rows are dictionaries."""

    rows: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init__(self, **_: Any) -> None:
        self.queries = 0

    def has_collection(self, name: str) -> bool:
        return True

    def describe_collection(self, name: str) -> dict[str, str]:
        return {"description": '{"ucch": [8, false, ""]}'}

    def load_collection(self, name: str) -> None:
        pass

    def query(self, name: str, *, filter: str, limit: int, output_fields: list[str]) -> list[dict[str, Any]]:
        assert (filter, output_fields) == ("", ["*"])
        self.queries += 1
        return list(self.rows.values())[:limit]

    def upsert(self, name: str, rows: list[dict[str, Any]]) -> None:
        self.rows.update((row["id"], row) for row in rows)


def test_columns_are_asked_for_once_and_others_are_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Collection, "rows", {})
    client = SimpleNamespace(MilvusClient=Collection, MilvusException=OSError)
    monkeypatch.setattr("ucch.stores.milvus_store.require", lambda *_, **__: client)
    first = MilvusStore("http://nowhere", "mine")
    first.batch = 1
    first.upsert(["a", "b", "c"], random_codes(3, 8), {"year": [1, 2, 3]})
    assert first._client.queries == 1
    for store in (first, MilvusStore("http://nowhere", "mine")):
        with pytest.raises(StoreError, match=r"^metadata columns of this collection are year, got none$"):
            store.upsert(["d"], random_codes(1, 8))
        with pytest.raises(StoreError, match=r"^metadata columns of this collection are year, got year, place$"):
            store.upsert(["d"], random_codes(1, 8), {"year": [4], "place": ["Ulm"]})
        store.upsert(["a"], random_codes(1, 8), {"year": [5]})
        assert store._client.queries == 1
    assert list(Collection.rows) == ["a", "b", "c"]


def test_more_ties_than_one_answer_holds_end(milvus_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MilvusStore, "largest", 40)
    store = MilvusStore(milvus_uri, "ties", n_bits=8, numbers=True)
    store.upsert(range(100), random_codes(1, 8).repeat(100, axis=0))
    assert len(store.search(random_codes(1, 8), 10).ids) == 10
