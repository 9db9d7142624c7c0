from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ucch.data.arrays import check_chunk, check_finite, check_matrix, row_chunks
from ucch.errors import DataError


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            [[1.0]],
            "image must be a numpy array of shape (rows, features), got list;"
            " convert it with numpy.asarray, a sparse matrix with .toarray()",
        ),
        (np.array([["a"]]), "image must hold real numbers, got dtype <U1 and shape (1, 1)"),
        (np.array([[{}]]), "image must hold real numbers, got dtype object and shape (1, 1)"),
        (np.zeros((2, 3), complex), "image must hold real numbers, got dtype complex128 and shape (2, 3)"),
        (
            np.zeros((2, 3), ">f4"),
            "image must be in this machine's byte order and of at most 64 bits a value,"
            " got dtype >f4; convert it with .astype('float32')",
        ),
        (np.zeros(5), "image must have shape (rows, features), got shape (5,)"),
        (np.zeros((2, 3, 4)), "image must have shape (rows, features), got shape (2, 3, 4)"),
        (np.zeros((0, 3)), "image must have at least one row and one column, got shape (0, 3)"),
        (np.zeros((3, 0)), "image must have at least one row and one column, got shape (3, 0)"),
    ],
)
def test_wrong_kinds_and_shapes_are_refused(features: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        check_matrix("image", features)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "uint8", "int64", "uint16", "bool"])
def test_real_kinds_are_returned_as_they_are(dtype: str) -> None:
    features = np.ones((2, 3), dtype)
    assert check_matrix("image", features) is features
    check_finite("image", features)


@pytest.mark.parametrize(
    ("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf"), (1e39, "1e+39"), (-1e39, "-1e+39")]
)
def test_first_row_that_float32_cannot_hold_is_named(value: float, shown: str) -> None:
    features = np.zeros((9, 4))
    features[5, 2] = value
    features[7, 0] = np.nan
    message = (
        f"text_query must be finite in float32, but row 5 holds {shown} in column 2;"
        " repair or drop such rows (rows and columns count from 0)"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        check_finite("text_query", features)


def test_row_numbers_count_from_the_start_of_the_whole_array() -> None:
    chunk = np.array([[0.0], [np.nan]], np.float16)
    with pytest.raises(DataError, match="row 101 holds nan in column 0"):
        check_chunk("image", chunk, first_row=100)


def test_the_largest_float32_passes() -> None:
    check_finite("image", np.array([[np.finfo(np.float32).max, -np.finfo(np.float32).max]], np.float64))


def test_chunks_cover_every_row_once_in_order() -> None:
    features = np.arange(22).reshape(11, 2)
    pieces = [features[rows] for rows in row_chunks(features, 4)]
    assert [len(piece) for piece in pieces] == [4, 4, 3]
    np.testing.assert_array_equal(np.concatenate(pieces), features)


def test_default_chunks_shrink_with_the_width() -> None:
    wide = np.broadcast_to(np.float32(0), (10, 1 << 22))  # 160 MiB if it were held
    assert [rows.stop - rows.start for rows in row_chunks(wide)] == [1] * 10


def test_a_memory_mapped_array_is_checked_in_place(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((50, 3), np.float32))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert check_matrix("image", mapped) is mapped
    check_finite("image", mapped)
