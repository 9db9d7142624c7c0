"""A connection to PostgreSQL that says what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import StoreError
from ..extras import require
from .address import shown

__all__ = ["PostgresLink"]

MAX_NAME = 63  # bytes; PostgreSQL cuts a longer name without a word


class PostgresLink:
    """One connection and the one table that statements are about.

    Statements are written with ``{table}`` and other parts in braces, which are quoted as names, and ``%s`` for values,
    which travel apart from the text. Nothing is prepared on the server, so that poolers between do no harm.

    Args:
        uri: ``postgresql://...``.
        name: the table.

    Raises:
        MissingPackageError: psycopg is not installed.
        StoreError: the address is none, no server answers, or the name is too long.
    """

    def __init__(self, uri: str, name: str) -> None:
        self._psycopg = require("psycopg", extra="postgres", need="a PostgreSQL store")
        if len(name.encode()) > MAX_NAME:
            raise StoreError(f"a table's name may have {MAX_NAME} bytes in PostgreSQL, got {name[:40]!r}...")
        self.sql = self._psycopg.sql
        self.where = f"table {name!r} at {shown(uri)}"
        self._table = self.sql.Identifier(name)
        try:
            options = {"connect_timeout": 30, **self._psycopg.conninfo.conninfo_to_dict(uri)}
            self._base = self._psycopg.connect(**options, autocommit=True, prepare_threshold=None)
        except self._psycopg.ProgrammingError:  # its text repeats the address with the password
            raise StoreError(f"{shown(uri)} is not an address of PostgreSQL: postgresql://user@host/database") from None
        except self._psycopg.Error as error:
            raise StoreError(f"no PostgreSQL server answers at {shown(uri)}: {_line(error)}") from error

    def run(self, text: str, values: Sequence[Any] = (), /, **parts: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows, none for one that has no rows.

        Raises:
            StoreError: PostgreSQL refuses it, or is gone.
        """
        with self._said():
            statement = self.sql.SQL(text).format(table=self._table, **parts)
            cursor = self._base.execute(statement, list(values) or None)
            return list(cursor.fetchall()) if cursor.description else []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements of the block, or none."""
        with self._said(), self._base.transaction():
            yield

    def close(self) -> None:
        """End the connection; what was written stays."""
        self._base.close()

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except self._psycopg.Error as error:
            raise StoreError(f"{self.where}: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
