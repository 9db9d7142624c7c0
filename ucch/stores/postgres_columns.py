"""What codes and metadata are called in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..codes import PackedCodes
from ..errors import DataError
from .interface import Scalar, plain_list

__all__ = ["bit_texts", "check_types", "column_types"]

_TYPES = {bool: "boolean", int: "bigint", float: "double precision", str: "text"}


def bit_texts(codes: PackedCodes, n_bits: int) -> list[str]:
    """Codes as PostgreSQL writes ``bit(n)``: one digit a bit, the first bit first, without padding.

    Args:
        codes: (n, ceil(D/8)) packed.
        n_bits: D.

    Example:
        >>> bit_texts(np.array([[0b10110000]], np.uint8), 5)
        ['10110']
    """
    digits = np.unpackbits(codes, axis=1, count=n_bits) + ord("0")
    return [str(row, "ascii") for row in np.ascontiguousarray(digits).view(f"S{n_bits}").ravel()]


def column_types(metadata: Mapping[str, Sequence[Scalar]]) -> dict[str, str]:
    """The type of each column: text, bigint, double precision or boolean.

    Raises:
        DataError: a column mixes kinds; whole numbers among others are none.
    """
    return {name: _column_type(name, plain_list(values)) for name, values in metadata.items()}


def check_types(there: Mapping[str, str], types: Mapping[str, str]) -> None:
    """Refuse values that a column would change; whole numbers go into ``double precision``.

    Raises:
        DataError: a column is of another type.
    """
    for name, kind in types.items():
        if kind != there[name] and (kind, there[name]) != ("bigint", "double precision"):
            raise DataError(f"metadata column {name!r} of this table holds {there[name]}, got {kind}")


def _column_type(name: str, values: Sequence[Any]) -> str:
    kinds = {type(one) for one in values}
    if kinds == {int, float}:
        return _TYPES[float]
    if len(kinds) != 1 or not kinds <= set(_TYPES):
        got = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise DataError(f"metadata column {name!r} must be texts, numbers or truth values throughout, got {got}")
    return _TYPES[kinds.pop()]
