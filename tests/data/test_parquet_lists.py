"""Columns of lists become matrices, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ucch.data.parquet_lists import list_matrix
from ucch.errors import DataError

arrow = pytest.importorskip("pyarrow")

ROWS = [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    "kind",
    [
        arrow.list_(arrow.float32()),
        arrow.list_(arrow.int8()),
        arrow.large_list(arrow.float64()),
        arrow.list_(arrow.uint64(), 3),
    ],
)
def test_every_list_type_gives_its_values_in_its_own_type(kind: Any) -> None:
    column = arrow.array(ROWS, type=kind)
    for given in (column, arrow.chunked_array([column[:1], column[1:]])):
        matrix = list_matrix(given, "it")
        assert matrix.tolist() == ROWS
        assert matrix.dtype == kind.value_type.to_pandas_dtype()


def test_half_floats_and_booleans_are_numbers() -> None:
    half = arrow.array([[np.float16(1.5)], [np.float16(2)]], type=arrow.list_(arrow.float16()))
    assert list_matrix(half, "it").tolist() == [[1.5], [2.0]]
    assert list_matrix(arrow.array([[True, False]]), "it").tolist() == [[True, False]]


def test_a_part_of_a_column_is_read_from_its_own_rows() -> None:
    for kind in (arrow.list_(arrow.int16()), arrow.list_(arrow.int16(), 3)):
        column = arrow.array([[9, 9, 9], *ROWS, [8, 8, 8]], type=kind)
        assert list_matrix(column[1:3], "it").tolist() == ROWS


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1], [1, 2], [1]], "it must hold lists of numbers of one length, but row 11 has 2 values and row 10 has 1"),
        ([[1, 2], [1], [1, 2, 3]], "but row 11 has 1 values and row 10 has 2"),
        ([[1], [], [1]], "but row 11 has 0 values"),
        (np.zeros((2, 0)).tolist(), "it must hold lists"),
        ([[1], [1], None], "it: row 12 has no list"),
        ([[1, 2], [1, None], [1, 2]], "it: row 11 holds an empty value"),
        ([["1"], ["2"]], "it must hold lists of numbers of one length, got list<"),
        ([[[1]], [[2]]], "got list<"),
        ([1, 2], "got int64"),
    ],
)
def test_anything_else_is_refused_by_its_row(rows: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        list_matrix(arrow.array(rows), "it", first_row=10)


def test_a_list_that_is_missing_is_no_list_of_zeros() -> None:
    column = arrow.array([[1, 2], None, [3, 4]], type=arrow.list_(arrow.int8(), 2))
    with pytest.raises(DataError, match="row 1 has no list"):
        list_matrix(column, "it")
