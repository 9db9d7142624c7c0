"""Archives are read array by array, within a bound, and nowhere unpacked."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ucch.data.npz_archive import NpzArchive
from ucch.errors import DataError


def raw(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def refusal(path: Path, name: str = "a") -> str:
    with pytest.raises(DataError) as info, NpzArchive(path) as archive:
        archive.read(name)
    return str(info.value)


def test_names_and_arrays(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", a=np.arange(3), b=np.array("word"))
    with NpzArchive(tmp_path / "x.npz") as archive:
        assert archive.names == ["a", "b"]
        assert archive.read("a").tolist() == [0, 1, 2]
        assert str(archive.read("b")) == "word"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez_compressed(path, a=np.zeros(200 << 20, np.uint8))
    with NpzArchive(path) as archive:
        assert archive.read("a").nbytes == 200 << 20  # 200 KiB of file may ask for 64 + 200 MiB
        with pytest.raises(DataError, match="a would take 419,430,400 bytes of memory"):
            archive.read("a")


def test_other_compressions_and_names_held_twice_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", raw(np.zeros(3)))
    assert refusal(path).endswith("a is encrypted or compressed as numpy does not; use numpy.savez")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", raw(np.zeros(3)))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.npy", raw(np.zeros(3)))
    assert refusal(path).endswith("is damaged: it holds an array twice")


def test_a_shape_that_the_bytes_do_not_bear_out_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", raw(np.zeros(4)).replace(b"(4,)", b"(9,)"))
    assert refusal(path).endswith("a is damaged: 32 bytes for shape (9,) of float64")


@pytest.mark.parametrize("name", ["mine.mat", "MINE.MAT"])
def test_a_file_of_matlab_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"MATLAB 5.0 MAT-file" + b" " * 200)
    with pytest.raises(DataError) as info:
        NpzArchive(path)
    assert str(info.value) == (
        f"{path} is not an .npz file, but one of MATLAB; read it with scipy.io.loadmat and write its arrays with"
        " numpy.savez (From MATLAB in docs/tutorial_features.md); a published set goes by its name, with --data-root"
        " (ucch data list)"
    )
