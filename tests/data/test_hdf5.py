from __future__ import annotations

import re
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.data.published_kit import write_matlab_73
from ucch.data import hdf5
from ucch.errors import DataError

VALUES = np.arange(12, dtype=np.float32).reshape(4, 3)


def test_matlab_axes_are_turned_back(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    write_matlab_73(path, {"a": VALUES})
    with h5py.File(path) as file:
        assert file["a"].shape == (3, 4)
    assert hdf5.is_hdf5(path)
    assert hdf5.is_matlab_73(path)
    assert hdf5.hdf5_shapes(path) == {"a": (4, 3)}
    np.testing.assert_array_equal(hdf5.read_hdf5(path, "a"), VALUES)


def test_plain_rows_are_mapped_where_they_lie(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["first"] = np.zeros(100)
        file["a"] = VALUES
        file.create_dataset("packed", data=VALUES, compression="gzip")
    mapped = hdf5.read_hdf5(path, "a")
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, VALUES)
    assert hdf5.hdf5_offset(path, "packed") is None
    packed = hdf5.read_hdf5(path, "packed")
    assert not isinstance(packed, np.memmap)
    np.testing.assert_array_equal(packed, VALUES)


@pytest.mark.parametrize("chunks", [None, (2, 2), (1, 3), (3, 1)])
@pytest.mark.parametrize("matlab", [False, True])
def test_pieces_make_up_the_matrix_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, matlab: bool, chunks: tuple[int, int] | None
) -> None:
    path = tmp_path / "x.mat"
    if matlab:
        write_matlab_73(path, {})
    with h5py.File(path, "a") as file:
        file.create_dataset("a", data=VALUES.T if matlab else VALUES, chunks=chunks)
    monkeypatch.setattr(hdf5, "_BLOCK_BYTES", 3 * VALUES[0].nbytes)
    whole, times = np.zeros_like(VALUES), np.zeros(VALUES.shape, int)
    for place, block in hdf5.hdf5_blocks(path, "a"):
        whole[place] = block
        times[place] += 1
    np.testing.assert_array_equal(whole, VALUES)
    assert (times == 1).all()
    np.testing.assert_array_equal(hdf5.read_hdf5(path, "a"), VALUES)


@pytest.mark.parametrize(
    ("key", "got"),
    [
        ("cube", "shape (2, 2, 2) of float64"),
        ("words", "shape (1, 2) of |S1"),
        ("sparse", "a group (a sparse matrix, struct or cell)"),
    ],
)
def test_what_is_no_matrix_is_refused(tmp_path: Path, key: str, got: str) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["cube"] = np.zeros((2, 2, 2))
        file["words"] = np.array([[b"a", b"b"]])
        file.create_group("sparse")["data"] = np.zeros(3)
    assert set(hdf5.hdf5_shapes(path)) == {"cube", "words"}
    message = f"{path}: {key} must be a full matrix of numbers, got {got}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        hdf5.read_hdf5(path, key)


def test_damage_inside_the_values_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        data = np.random.default_rng(0).random((200, 200))
        file.create_dataset("a", data=data, compression="gzip", fletcher32=True)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} is damaged or cut off: "):
        hdf5.read_hdf5(path, "a")


def test_without_h5py_the_way_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["a"] = VALUES
    monkeypatch.setitem(sys.modules, "h5py", None)
    message = f"{path} is an HDF5 file, which needs h5py: pip install 'ucch[data]'"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        hdf5.hdf5_shapes(path)
