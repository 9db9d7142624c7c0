"""Codes in PostgreSQL, by pgvector."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from ..codes import PackedCodes
from ..errors import StoreError
from .interface import CodeStore, Scalar, Where, plain_list
from .postgres_columns import bit_texts, check_types, column_types
from .postgres_link import PostgresLink

__all__ = ["PostgresStore"]

_TABLE = """
SELECT obj_description(c.oid, 'pg_class'), a.attname, format_type(a.atttypid, NULL)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.oid = to_regclass(quote_ident(%s)) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_GRAPHS = """
SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid = to_regclass(quote_ident(%s)) AND i.indisvalid AND m.amname = 'hnsw'
"""
_WIDEN = """
SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', %s, true)
"""


class PostgresStore(CodeStore):
    """A table of a PostgreSQL database: ``id``, ``code bit(D)``, a column for each of the metadata.

    A search orders by pgvector's ``<~>``, which counts differing bits. It reads every code that passes the filter and
    is exact, unless ``exact`` is off and :meth:`build_graph` has made an HNSW index (``bit_hamming_ops``).

    Args:
        uri: ``postgresql://user:password@host:port/database``, with parameters as libpq takes them.
        name: the table, found by the connection's ``search_path``.
        n_bits, numbers, model: of a new table, which the first write makes; those of an old one are read from it.
        exact: whether searches leave an HNSW index aside.

    Raises:
        MissingPackageError: psycopg is not installed.
        StoreError: no server answers, the table is missing and ``n_bits`` is not given, or it is none of ucch.

    Reference:
        pgvector, https://github.com/pgvector/pgvector

    Example:
        >>> store = PostgresStore("postgresql://ann@db/photos", "codes", n_bits=64)  # doctest: +SKIP
    """

    def __init__(
        self,
        uri: str,
        name: str,
        *,
        n_bits: int | None = None,
        numbers: bool = False,
        model: str = "",
        exact: bool = True,
    ) -> None:
        self._name, self._exact = name, exact
        self._columns: dict[str, str] | None = None  # names and types, known once the table is there
        self.n_bits, self.numbers, self.model = n_bits or 0, numbers, model
        self._link = PostgresLink(uri, name)
        try:
            header = self._read_table()
            if header is not None:
                self.n_bits, self.numbers, self.model = header
            elif n_bits is None:
                raise StoreError(f"there is no {self._link.where}; ucch store push makes one")
        except BaseException:
            self.close()
            raise

    def count(self) -> int:
        return int(self._link.run("SELECT count(*) FROM {table}")[0][0]) if self._is_there() else 0

    def close(self) -> None:
        self._link.close()

    def build_graph(self, *, m: int = 16, ef_construction: int = 64) -> None:
        """Make an HNSW index of the codes, for stores opened with ``exact=False``; where there is one, it stays.

        Args:
            m: neighbours kept for each code in a layer, 2 to 100; the default is pgvector's.
            ef_construction: candidates looked at for each code, at least 2 m; the default is pgvector's.

        Raises:
            StoreError: nothing was written yet, or PostgreSQL refuses.
        """
        if not self._is_there():
            raise StoreError(f"there is no {self._link.where}; push codes first")
        if not self._link.run(_GRAPHS, [self._name]):
            sizes = {"m": self._link.sql.Literal(m), "wide": self._link.sql.Literal(ef_construction)}
            text = "CREATE INDEX ON {table} USING hnsw (code bit_hamming_ops) WITH (m = {m}, ef_construction = {wide})"
            self._link.run(text, **sizes)

    def _upsert(self, ids: list[Any], codes: PackedCodes, metadata: dict[str, list[Scalar]]) -> None:
        types = column_types(metadata)
        with self._link.transaction():
            there = (self._columns or {}) if self._is_there(writing=True) else self._create(types)
            if set(there) != set(types):
                raise StoreError(f"{_columns_said(there)}, got {', '.join(metadata) or 'none'}")
            check_types(there, types)
            sql, names = self._link.sql, ["id", "code", *there]
            kinds = [self._id_type, f"bit({self.n_bits})", *there.values()]
            self._link.run(
                "INSERT INTO {table} ({names}) SELECT * FROM unnest({values}) ON CONFLICT (id) DO UPDATE SET {changes}",
                [ids, bit_texts(codes, self.n_bits), *(plain_list(metadata[name]) for name in there)],
                names=sql.SQL(", ").join(map(sql.Identifier, names)),
                values=sql.SQL(", ").join(sql.SQL(f"%s::{kind}[]") for kind in kinds),
                changes=sql.SQL(", ").join(
                    sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(it)) for it in names[1:]
                ),
            )
        self._columns = there

    def _delete(self, ids: list[Any]) -> None:
        if ids and self._is_there():
            self._link.run(f"DELETE FROM {{table}} WHERE id = ANY(%s::{self._id_type}[])", [ids])

    def _fetch(self, query: PackedCodes, n: int, where: Where) -> tuple[list[Any], list[float]]:
        if not self._is_there():
            return [], []
        there, sql = self._columns or {}, self._link.sql
        if not set(where) <= set(there):
            raise StoreError(f"{_columns_said(there)}, got {', '.join(set(where) - set(there))}")
        parts = [sql.SQL(f"{{}} = ANY(%s::{there[name]}[])").format(sql.Identifier(name)) for name in where]
        far = f"(code <~> %s::bit({self.n_bits}))"
        by = f"{far} + 0" if self._exact else far  # a sum, which no index is ordered by
        text = f"SELECT id, {by} FROM {{table}} {'WHERE' if where else ''} {{parts}} ORDER BY 2 LIMIT %s"
        (code,) = bit_texts(query[None], self.n_bits)
        values = [code, *map(plain_list, where.values()), n]
        with nullcontext() if self._exact else self._link.transaction():
            if not self._exact:
                self._link.run(_WIDEN, [str(min(max(n, 40), 1000))])
            found = self._link.run(text, values, parts=sql.SQL(" AND ").join(parts))
        return [one for one, _ in found], [distance for _, distance in found]

    @property
    def _id_type(self) -> str:
        return "bigint" if self.numbers else "text"

    def _create(self, types: Mapping[str, str]) -> dict[str, str]:
        run, sql = self._link.run, self._link.sql
        version = run("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        if not version:
            run("CREATE EXTENSION vector")
        elif tuple(map(int, version[0][0].split(".")[:2])) < (0, 7):
            raise StoreError(
                f"bits need pgvector 0.7, this database has {version[0][0]}: ALTER EXTENSION vector UPDATE"
            )
        columns = [sql.SQL(f"id {self._id_type} PRIMARY KEY"), sql.SQL(f"code bit({self.n_bits}) NOT NULL")]
        columns += [sql.SQL(f"{{}} {kind}").format(sql.Identifier(name)) for name, kind in types.items()]
        run("CREATE TABLE {table} ({columns})", columns=sql.SQL(", ").join(columns))
        header = json.dumps({"ucch": [self.n_bits, self.numbers, self.model]})
        run("COMMENT ON TABLE {table} IS {header}", header=sql.Literal(header))
        return dict(types)

    def _is_there(self, *, writing: bool = False) -> bool:
        """Whether the table is there by now; whoever means to make it waits for others who do."""
        if self._columns is None and writing:
            self._link.run("SELECT pg_advisory_xact_lock(hashtext(%s))", [self._name])
        header = self._read_table() if self._columns is None else (self.n_bits, self.numbers, self.model)
        if header is not None and header != (self.n_bits, self.numbers, self.model):
            self._columns = None
            raise StoreError(f"{self._link.where} was made meanwhile, for other codes; open it again")
        return header is not None

    def _read_table(self) -> tuple[int, bool, str] | None:
        """What the table says it holds, None where there is none."""
        rows = self._link.run(_TABLE, [self._name])
        if not rows:
            return None
        try:
            n_bits, numbers, model = json.loads(rows[0][0])["ucch"]
        except (KeyError, TypeError, ValueError):
            raise StoreError(f"{self._link.where} was not made by ucch; name another") from None
        self._columns = {name: kind for _, name, kind in rows if name not in ("id", "code")}
        return int(n_bits), bool(numbers), str(model)


def _columns_said(there: Mapping[str, str]) -> str:
    return f"metadata columns of this table are {', '.join(sorted(there)) or 'none'}"
