"""The transposed array of pictures that the published code reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.data.published_kit import write_matlab_73
from ucch.data import RawImages
from ucch.errors import DataError

PICTURES = np.random.default_rng(0).integers(0, 256, (7, 5, 4, 3), dtype=np.uint8)  # (n, height, width, 3)


def _write(path: Path, seen: np.ndarray[Any, Any], key: str = "IAll", **how: Any) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset(key, data=seen, **how)


@pytest.mark.parametrize(
    "seen",
    [PICTURES.transpose(0, 3, 2, 1), PICTURES, PICTURES.transpose(3, 2, 1, 0)],
    ids=["n-3-width-height", "n-height-width-3", "3-width-height-n"],
)
@pytest.mark.parametrize("how", [{}, {"chunks": (2, 2, 2, 2), "compression": "gzip"}])
def test_every_order_of_axes_yields_the_pictures(tmp_path: Path, seen: Any, how: dict[str, Any]) -> None:
    _write(tmp_path / "x.mat", seen, **how)
    pictures = RawImages(tmp_path / "x.mat")
    assert pictures.shape == PICTURES.shape
    assert len(pictures) == 7
    np.testing.assert_array_equal(np.stack(list(pictures)), PICTURES)
    np.testing.assert_array_equal(pictures[4], PICTURES[4])
    np.testing.assert_array_equal(pictures[-1], PICTURES[6])
    assert pictures[0].flags.c_contiguous


def test_a_matlab_73_file_of_height_width_3_n(tmp_path: Path) -> None:
    path = tmp_path / "mirflickr25k-iall.mat"
    write_matlab_73(path, {"IAll": PICTURES.transpose(1, 2, 3, 0)})  # as MATLAB shows it
    with h5py.File(path) as file:
        assert file["IAll"].shape == (7, 3, 4, 5)
    np.testing.assert_array_equal(np.stack(list(RawImages(path))), PICTURES)


def test_pictures_beyond_the_end_are_refused(tmp_path: Path) -> None:
    _write(tmp_path / "x.mat", PICTURES)
    for number in (7, -8):
        with pytest.raises(IndexError, match=f"^picture {number} of 7$"):
            RawImages(tmp_path / "x.mat")[number]


@pytest.mark.parametrize(
    ("seen", "got"),
    [
        (PICTURES.astype(np.float32), "shape (7, 5, 4, 3) of float32"),
        (PICTURES[..., :2], "shape (7, 5, 4, 2) of uint8"),
        (PICTURES[..., 0], "shape (7, 5, 4) of uint8"),
        (PICTURES[:0], "shape (0, 5, 4, 3) of uint8"),
    ],
)
def test_what_is_no_array_of_pictures_is_refused(tmp_path: Path, seen: Any, got: str) -> None:
    path = tmp_path / "x.mat"
    _write(path, seen)
    message = f"{path}: IAll must hold uint8 pictures of three colours, (n, 3, width, height) through HDF5, got {got}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        RawImages(path)


def test_missing_files_and_keys_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    with pytest.raises(DataError, match=r"x\.mat does not exist; an HDF5 file of pictures is expected there$"):
        RawImages(path)
    _write(path, PICTURES, key="images")
    with pytest.raises(DataError, match=r"x\.mat lacks IAll; it holds images$"):
        RawImages(path)
    np.testing.assert_array_equal(RawImages(path, key="images")[0], PICTURES[0])
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(DataError, match=r"x\.mat is damaged or cut off"):
        RawImages(path, key="images")
    path.write_bytes(b"text")
    with pytest.raises(DataError, match=r"x\.mat is not an HDF5 file \(MATLAB 7\.3\)"):
        RawImages(path)
