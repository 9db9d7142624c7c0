"""Passwords stay out of what is shown."""

from __future__ import annotations

import pytest

from ucch.stores.address import is_postgres, shown


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("postgresql://ann:p@ss:w@db/x", "postgresql://ann:***@db/x"),
        ("postgresql://:secret@/x?host=/run", "postgresql://:***@/x?host=/run"),
        (
            "postgresql://db/x?user=ann&password=secret&sslmode=require",
            "postgresql://db/x?user=ann&password=***&sslmode=require",
        ),
        ("postgresql://db/x?sslpassword=secret", "postgresql://db/x?sslpassword=***"),
        ("postgresql://ann@db:5432/x", "postgresql://ann@db:5432/x"),
        ("http://127.0.0.1:19530", "http://127.0.0.1:19530"),
        ("stores/a:b@c", "stores/a:b@c"),
    ],
)
def test_the_password_alone_is_hidden(uri: str, expected: str) -> None:
    assert shown(uri) == expected


@pytest.mark.parametrize(
    ("uri", "answer"),
    [("postgresql://ann@db/photos", True), ("postgres://db", True), ("http://postgresql", False), ("stores/x", False)],
)
def test_a_database_of_postgresql_is_known_by_its_address(uri: str, answer: bool) -> None:
    assert is_postgres(uri) is answer
