"""Codes and metadata in the words of PostgreSQL."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ucch.codes import pack
from ucch.errors import DataError
from ucch.stores.postgres_columns import bit_texts, check_types, column_types


@pytest.mark.parametrize("n_bits", [1, 7, 8, 12, 64])
def test_bits_are_written_one_digit_each(n_bits: int) -> None:
    bits = np.random.default_rng(n_bits).integers(0, 2, (5, n_bits))
    assert bit_texts(pack(bits), n_bits) == ["".join(map(str, row)) for row in bits.tolist()]
    assert bit_texts(pack(bits)[:0], n_bits) == []


def test_types_follow_the_values() -> None:
    columns: dict[str, Any] = {
        "text": ["a", "b"],
        "whole": np.arange(2),
        "real": [1, 2.5],
        "truth": [True, np.bool_(False)],
    }
    assert column_types(columns) == {
        "text": "text",
        "whole": "bigint",
        "real": "double precision",
        "truth": "boolean",
    }


@pytest.mark.parametrize(
    ("values", "got"), [(["a", 1], "int, str"), ([True, 1], "bool, int"), ([b"a"], "bytes"), ([None], "NoneType")]
)
def test_mixed_columns_are_refused(values: list[Any], got: str) -> None:
    with pytest.raises(DataError, match=f"^metadata column 'x' must be texts, numbers or .* throughout, got {got}$"):
        column_types({"x": values})


def test_a_column_takes_what_it_can_hold_unchanged() -> None:
    check_types({"x": "double precision", "y": "text"}, {"x": "bigint", "y": "text"})
    for there, given in (("bigint", "double precision"), ("text", "bigint"), ("bigint", "boolean")):
        with pytest.raises(DataError, match=f"^metadata column 'x' of this table holds {there}, got {given}$"):
            check_types({"x": there}, {"x": given})
