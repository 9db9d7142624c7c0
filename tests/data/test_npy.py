"""``.npy`` files are mapped after a look at their header."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ucch.data.npy import map_npy
from ucch.errors import DataError


@pytest.mark.parametrize("array", [np.arange(12.0).reshape(3, 4), np.zeros((0, 3)), np.array(["a", "bc"]), np.array(5)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_come_back_as_saved(array: np.ndarray, order: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.asarray(array, order=order))  # type: ignore[call-overload]
    mapped = map_npy(tmp_path / "a.npy")
    assert mapped.dtype == array.dtype
    assert np.array_equal(mapped, array)


def head(shape: str, descr: str = "<f8", version: bytes = b"\x01\x00") -> bytes:
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (head("(4,)") + bytes(31), "cut off: .* too few for shape (4,) of float64"),
        (head("(10 ** 3,)"), "malformed node|Cannot parse"),
        (head("(-1,)"), "a shape that no array has, (-1,)"),
        (head("(2,)", "|O") + bytes(16), "an array of Python objects, which are not loaded since that could run code"),
        (head("(2,)", "|V8") + bytes(16), "dtype |V8, neither numbers nor text"),
        (head("(2,)", version=b"\x03\x00") + bytes(16), "version 3.0 of the format, which holds no plain numbers"),
        (b"PK\x03\x04" + bytes(30), "it holds an archive of arrays (.npz)"),
        (b"", "."),
    ],
)
def test_bad_headers_are_refused(content: bytes, text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    pattern = text if ".*" in text or "node" in text or text == "." else re.escape(text)
    with pytest.raises(DataError, match=pattern.replace("(4,)", r"\(4,\)")):
        map_npy(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="^not a file$"):
        map_npy(tmp_path)
    with pytest.raises(DataError, match="^No such file or directory$"):
        map_npy(tmp_path / "none")


def test_an_empty_array_of_dimensions_beyond_counting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 999999999999999999999), }".ljust(117) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode())
    with pytest.raises(DataError, match="shape"):
        map_npy(path)
