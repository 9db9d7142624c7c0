"""The reader of TOML."""

from __future__ import annotations

import pytest

from ucch.toml import tomllib


def test_toml_is_read_and_refused_as_the_standard_library_does() -> None:
    assert tomllib.loads('a = 1\n[b]\nc = "d"') == {"a": 1, "b": {"c": "d"}}
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads("a = ")
