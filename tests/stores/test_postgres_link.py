"""One connection: what it quotes, what it says, what it takes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ucch.errors import StoreError
from ucch.stores.postgres_link import PostgresLink

ODD = 'it\'s "odd"; DROP TABLE x'


@pytest.fixture
def link(postgres_uri: str) -> Iterator[PostgresLink]:
    opened = PostgresLink(postgres_uri, ODD)
    opened.run("CREATE TABLE {table} (n int)")
    yield opened
    opened.run("DROP TABLE {table}")
    opened.close()


def test_names_are_quoted_and_values_travel_apart(link: PostgresLink) -> None:
    link.run("INSERT INTO {table} VALUES (%s), (%s)", [1, 2])
    assert link.run("SELECT n FROM {table} ORDER BY n") == [(1,), (2,)]
    assert link.run("SELECT %s", [ODD]) == [(ODD,)]


def test_a_block_that_fails_leaves_nothing(link: PostgresLink) -> None:
    def write_and_fail() -> None:
        with link.transaction():
            link.run("INSERT INTO {table} VALUES (1)")
            link.run("SELECT 1 / 0")

    with pytest.raises(StoreError, match="division by zero"):
        write_and_fail()
    assert link.run("SELECT count(*) FROM {table}") == [(0,)]


def test_what_is_wrong_is_said_without_the_password() -> None:
    for uri, text in (
        ("postgresql://ann:secret@127.0.0.1:9/x", r"no PostgreSQL server answers at postgresql://ann:\*\*\*@127"),
        ("postgresql://ann:secret@db:x:y/?bad", "is not an address of PostgreSQL"),
    ):
        with pytest.raises(StoreError, match=text) as caught:
            PostgresLink(uri, "codes")
        assert "secret" not in str(caught.value)
    with pytest.raises(StoreError, match="a table's name may have 63 bytes in PostgreSQL, got 'ää"):
        PostgresLink("postgresql://db/x", "ä" * 32)
