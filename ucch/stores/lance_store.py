"""Codes in LanceDB: a folder, or a bucket by the same client."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..codes import PackedCodes
from ..errors import StoreError
from ..extras import require
from .interface import CodeStore, Scalar, Where

__all__ = ["LanceStore"]


class LanceStore(CodeStore):
    """A table of one LanceDB database, searched exactly by Hamming distance on fixed-size lists of bytes.

    Args:
        uri: a folder, or ``s3://``, ``gs://`` or ``az://`` with the credentials that the client finds itself.
        name: the table.
        n_bits, numbers, model: of a new table; those of an old one must agree where they are given.

    Raises:
        MissingPackageError: lancedb is not installed.
        StoreError: the table is missing and ``n_bits`` is not given, or it holds other codes.
    """

    def __init__(
        self, uri: str, name: str, *, n_bits: int | None = None, numbers: bool = False, model: str = ""
    ) -> None:
        lancedb = require("lancedb", extra="store", need="a LanceDB store")
        self._arrow = require("pyarrow", extra="store", need="a LanceDB store")
        self._base = lancedb.connect(uri)
        self._name, self._table = name, None
        if name in _tables(self._base):
            self._table = self._base.open_table(name)
            header = json.loads((self._table.schema.metadata or {}).get(b"ucch", b"{}"))
            if not header:
                raise StoreError(f"table {name!r} in {uri} was not made by ucch; name another")
            self.n_bits, self.numbers, self.model = header["n_bits"], header["numbers"], header["model"]
        elif n_bits is None:
            raise StoreError(f"{uri} has no table {name!r}; ucch store push makes one")
        else:
            self.n_bits, self.numbers, self.model = n_bits, numbers, model

    def count(self) -> int:
        return 0 if self._table is None else int(self._table.count_rows())

    def close(self) -> None:
        self._table = None

    def _upsert(self, ids: list[Any], codes: PackedCodes, metadata: dict[str, list[Scalar]]) -> None:
        arrow = self._arrow
        packed = arrow.FixedSizeListArray.from_arrays(arrow.array(codes.ravel()), codes.shape[1])
        columns = {
            "id": arrow.array(ids, arrow.int64() if self.numbers else arrow.string()),
            "code": packed,
            **{name: arrow.array(values) for name, values in metadata.items()},
        }
        header = json.dumps({"n_bits": self.n_bits, "numbers": self.numbers, "model": self.model})
        batch = arrow.table(columns).replace_schema_metadata({"ucch": header})
        if self._table is None:
            self._table = self._base.create_table(self._name, data=batch)
        elif set(batch.column_names) != set(self._table.schema.names):
            there = ", ".join(sorted(set(self._table.schema.names) - {"id", "code"})) or "none"
            raise StoreError(f"metadata columns of this table are {there}, got {', '.join(metadata) or 'none'}")
        else:
            merge = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            merge.execute(batch.select(self._table.schema.names))

    def _delete(self, ids: list[Any]) -> None:
        if self._table is not None and ids:
            self._table.delete(f"id IN ({', '.join(map(_quoted, ids))})")

    def _fetch(self, query: PackedCodes, n: int, where: Where) -> tuple[list[Any], list[float]]:
        if self._table is None:
            return [], []
        search = self._table.search(np.asarray(query), vector_column_name="code").distance_type("hamming").limit(n)
        if where:
            search = search.where(
                " AND ".join(_condition(name, value) for name, value in where.items()), prefilter=True
            )
        found = search.select(["id", "_distance"]).to_arrow()
        return found["id"].to_pylist(), found["_distance"].to_pylist()


def _tables(base: Any) -> list[str]:
    listed = base.list_tables()
    return list(getattr(listed, "tables", listed))


def _condition(name: str, value: Any) -> str:
    values = [value] if isinstance(value, str | int | float | bool) else list(value)
    return f"`{name}` IN ({', '.join(map(_quoted, values))})" if values else "false"


def _quoted(value: Scalar) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value).lower()
