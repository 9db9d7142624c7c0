"""Codes in Milvus: a server or a cluster."""

from __future__ import annotations

import json
from typing import Any

from ..codes import PackedCodes, n_bytes
from ..errors import StoreError
from ..extras import require
from .interface import CodeStore, Scalar, Where

__all__ = ["MilvusStore"]

MAX_ID = 512


class MilvusStore(CodeStore):
    """A collection of one Milvus server, with codes as ``BINARY_VECTOR`` and a ``BIN_FLAT`` index by Hamming distance.

    Milvus Lite, the embedded form, has no binary vectors; a server or a cluster is needed. Reads are strongly
    consistent: what was written is found. Metadata are dynamic fields, which Milvus does not check; their columns are
    those of a row that is there, and writes with others are refused.

    Args:
        uri: ``http://host:19530`` or ``https://...``.
        name: the collection.
        n_bits, numbers, model: of a new collection; those of an old one are read from it.
        token: ``user:password``, or a key.

    Raises:
        MissingPackageError: pymilvus is not installed.
        StoreError: no server answers, the collection is missing and ``n_bits`` is not given, or it is none of ucch.
    """

    largest = 16_384  # items of one answer that Milvus allows

    def __init__(
        self,
        uri: str,
        name: str,
        *,
        n_bits: int | None = None,
        numbers: bool = False,
        model: str = "",
        token: str = "",
    ) -> None:
        milvus = require("pymilvus", extra="store", need="a Milvus store")
        self._name = name
        self._columns: set[str] | None = None  # known once a row is there
        try:
            self._client = milvus.MilvusClient(uri=uri, token=token, timeout=30)
            exists = self._client.has_collection(name)
        except milvus.MilvusException as error:
            raise StoreError(f"no Milvus server answers at {uri}: {error.message}") from error
        if exists:
            self.n_bits, self.numbers, self.model = self._header(uri)
        elif n_bits is None:
            raise StoreError(f"{uri} has no collection {name!r}; ucch store push makes one")
        else:
            self.n_bits, self.numbers, self.model = n_bits, numbers, model
            self._create(milvus)
        self._client.load_collection(name)

    def count(self) -> int:
        answer = self._client.query(self._name, filter="", output_fields=["count(*)"])
        return int(answer[0]["count(*)"])

    def close(self) -> None:
        self._client.close()

    def _create(self, milvus: Any) -> None:
        header = json.dumps({"ucch": [self.n_bits, self.numbers, self.model]})
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=True, description=header)
        if self.numbers:
            schema.add_field("id", milvus.DataType.INT64, is_primary=True)
        else:
            schema.add_field("id", milvus.DataType.VARCHAR, is_primary=True, max_length=MAX_ID)
        schema.add_field("code", milvus.DataType.BINARY_VECTOR, dim=8 * n_bytes(self.n_bits))
        index = self._client.prepare_index_params()
        index.add_index("code", index_type="BIN_FLAT", metric_type="HAMMING")
        self._client.create_collection(self._name, schema=schema, index_params=index, consistency_level="Strong")

    def _header(self, uri: str) -> tuple[int, bool, str]:
        try:
            n_bits, numbers, model = json.loads(self._client.describe_collection(self._name)["description"])["ucch"]
        except (KeyError, TypeError, ValueError):
            raise StoreError(f"collection {self._name!r} at {uri} was not made by ucch; name another") from None
        return int(n_bits), bool(numbers), str(model)

    def _upsert(self, ids: list[Any], codes: PackedCodes, metadata: dict[str, list[Scalar]]) -> None:
        long = next((one for one in ids if isinstance(one, str) and len(one.encode()) > MAX_ID), None)
        if long is not None:
            raise StoreError(f"an id may have {MAX_ID} bytes in Milvus, got {long[:40]!r}...")
        self._check_columns(metadata)
        columns = zip(*metadata.values(), strict=True) if metadata else [()] * len(ids)
        rows = [
            {"id": one, "code": code.tobytes(), **dict(zip(metadata, values, strict=True))}
            for one, code, values in zip(ids, codes, columns, strict=True)
        ]
        self._client.upsert(self._name, rows)
        self._columns = set(metadata)

    def _check_columns(self, metadata: dict[str, list[Scalar]]) -> None:
        if self._columns is None:
            row = self._client.query(self._name, filter="", limit=1, output_fields=["*"])
            if not row:
                return
            self._columns = set(row[0]) - {"id", "code"}
        if self._columns != set(metadata):
            there = ", ".join(sorted(self._columns)) or "none"
            raise StoreError(f"metadata columns of this collection are {there}, got {', '.join(metadata) or 'none'}")

    def _delete(self, ids: list[Any]) -> None:
        if ids:
            self._client.delete(self._name, filter=_condition("id", ids))  # ids= would not escape quotes

    def _fetch(self, query: PackedCodes, n: int, where: Where) -> tuple[list[Any], list[float]]:
        condition = " and ".join(_condition(name, value) for name, value in where.items())
        (found,) = self._client.search(
            self._name, [query.tobytes()], filter=condition, limit=n, search_params={"metric_type": "HAMMING"}
        )
        return [hit["id"] for hit in found], [hit["distance"] for hit in found]


def _condition(name: str, value: Any) -> str:
    values = [value] if isinstance(value, str | int | float | bool) else list(value)
    return f"{name} in {json.dumps(values, ensure_ascii=False)}"
