"""Heads of MATLAB 5 variables are checked before SciPy reads on."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from ucch.data.mat import read_mat
from ucch.data.mat5 import CappedFile, check_mat5, is_mat5
from ucch.errors import DataError


def variable(shape: tuple[int, ...], *, kind: int = 9, flags: int = 6, held: int = 48, more: int = 0) -> bytes:
    parts = [[6, 8, flags, 0], [5, 4 * len(shape), *shape], [1, 4, int.from_bytes(b"abcd", "little"), 0], [kind, held]]
    body = b"".join(np.array(part, "<u4").tobytes() for part in parts) + bytes(48 + more)
    return np.array([14, len(body)], "<u4").tobytes() + body


def write(path: Path, *variables: bytes, packed: bool = False) -> Path:
    content = b"MATLAB 5.0".ljust(124) + b"\x00\x01IM"
    for one in variables:
        squeezed = zlib.compress(one)
        content += np.array([15, len(squeezed)], "<u4").tobytes() + squeezed if packed else one
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_honest_files_pass(packed: bool, tmp_path: Path) -> None:
    path = write(tmp_path / "x.mat", variable((2, 3)), packed=packed)
    assert is_mat5(path)
    check_mat5(path, ("abcd",))
    assert read_mat(path, ("abcd",))["abcd"].shape == (2, 3)
    savemat(tmp_path / "four.mat", {"a": np.eye(2)}, format="4")
    assert not is_mat5(tmp_path / "four.mat")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (variable((2, 3), kind=77), "abcd holds values of kind 77"),  # SciPy 1.17 crashed on such a file
        (variable((2, 3), held=2**31), "abcd holds more than its own length"),
        (variable((2**31 - 1, 2**30)), r"its variables would take [\d,]+ bytes of memory"),
        (variable((2, 3), flags=5), r"abcd must be a full matrix, got csc_matrix \(sparse\)"),
        (variable((2, 3), flags=1), "abcd must be a full matrix, got cell"),
        (variable((2, 3), flags=0x806), "abcd must be a full matrix, got complex numbers"),
        (variable((2, 2**32 - 1)), r"abcd has shape \(2, -1\)"),
    ],
)
def test_bad_heads_are_refused(bad: bytes, text: str, packed: bool, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=text):
        check_mat5(write(tmp_path / "x.mat", bad, packed=packed), ("abcd",))


def test_a_bomb_is_refused_by_its_tag(tmp_path: Path) -> None:
    size = 256 << 20
    path = write(tmp_path / "x.mat", variable((2, 3), held=size, more=size), packed=True)
    path.write_bytes(path.read_bytes()[:100_000])  # what the tag says is looked at, not what follows
    with pytest.raises(DataError, match="a variable goes on after the end of the file"):
        check_mat5(path, ("abcd",))


def test_no_read_asks_for_more_than_there_is(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abcdef")
    with open(tmp_path / "x", "rb") as raw:
        file = CappedFile(raw)
        assert file.read(4) == b"abcd"
        assert file.read(2**62) == b"ef"
        assert file.read() == b""
        file.seek(1)
        assert file.read(-1) == b"bcdef"
