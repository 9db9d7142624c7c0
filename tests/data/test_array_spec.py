from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from ucch.data.array_spec import ArraySpec, converted_path, read_npy
from ucch.errors import DataError

SPEC = ArraySpec("image", "x.mat", "XAll", 4, 3)


def test_the_copy_lies_beside_its_file() -> None:
    assert converted_path(Path("data/x.mat"), "XAll") == Path("data/x.XAll.npy")


def test_the_matrix_is_read_and_its_copy_preferred(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    savemat(path, {"XAll": np.ones((4, 3))})
    np.testing.assert_array_equal(SPEC.read(path), np.ones((4, 3)))
    np.save(converted_path(path, "XAll"), np.zeros((4, 3)))
    np.testing.assert_array_equal(SPEC.read(path), np.zeros((4, 3)))


def test_a_copy_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    savemat(path, {"XAll": np.ones((4, 3))})
    np.save(converted_path(path, "XAll"), np.zeros((5, 3)))
    with pytest.raises(DataError, match=r"x\.XAll\.npy: XAll must have 4 rows, got shape \(5, 3\)$"):
        SPEC.read(path)


def test_check_reads_names_and_shapes_only(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    savemat(path, {"XAll": np.full((4, 3), np.nan), "other": np.zeros((1, 1))})
    assert SPEC.check(path) is None  # type: ignore[func-returns-value]
    savemat(path, {"other": np.zeros((1, 1))})
    with pytest.raises(DataError, match=r"x\.mat lacks XAll; it holds other$"):
        SPEC.check(path)


@pytest.mark.parametrize("content", [b"", b"no numbers", b"\x80\x04N."])
def test_what_is_no_npy_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.npy is damaged or no \.npy file of numbers: "):
        read_npy(path)


def test_an_npz_file_under_the_name_is_refused(tmp_path: Path) -> None:
    with open(tmp_path / "x.npy", "wb") as file:
        np.savez(file, a=np.zeros(3))
    with pytest.raises(DataError, match=r"x\.npy is damaged or no \.npy file of numbers: it holds an archive"):
        read_npy(tmp_path / "x.npy")
