from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from tests.data.published_kit import write_matlab_73
from ucch.data.mat import find_file, mat_blocks, mat_shapes, read_mat
from ucch.errors import DataError


def test_reads_only_the_variables_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    savemat(path, {"a": np.arange(6.0).reshape(2, 3), "b": np.ones((1, 1))})
    contents = read_mat(path, ["a"])
    assert list(contents) == ["a"]
    np.testing.assert_array_equal(contents["a"], [[0, 1, 2], [3, 4, 5]])


def test_a_missing_variable_is_named_beside_those_held(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    savemat(path, {"a": np.zeros((2, 2)), "b": np.zeros((2, 2))})
    with pytest.raises(DataError, match=f"^{re.escape(f'{path} lacks I_tr, T_tr; it holds a, b')}$"):
        read_mat(path, ["I_tr", "a", "T_tr"])


def test_a_sparse_variable_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    savemat(path, {"a": csc_matrix(np.eye(3))})
    with pytest.raises(DataError, match=r"x\.mat: a must be a full matrix, got csc_"):
        read_mat(path, ["a"])


@pytest.mark.parametrize("form", ["matlab-5", "matlab-7.3", "hdf5"])
def test_every_form_reads_one_row_per_item(tmp_path: Path, form: str) -> None:
    path, values = tmp_path / "x.mat", np.arange(6.0).reshape(2, 3)
    _write(path, form, {"a": values, "b": np.ones((4, 1))})
    assert mat_shapes(path) == {"a": (2, 3), "b": (4, 1)}
    np.testing.assert_array_equal(read_mat(path, ["a"])["a"], values)
    whole = np.zeros_like(values)
    for place, block in mat_blocks(path, "a"):
        whole[place] = block
    np.testing.assert_array_equal(whole, values)
    with pytest.raises(DataError, match=f"^{re.escape(f'{path} lacks c; it holds a, b')}$"):
        read_mat(path, ["c"])


def _write(path: Path, form: str, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    if form == "matlab-5":
        savemat(path, arrays)
    elif form == "matlab-7.3":
        write_matlab_73(path, arrays)
    else:
        with h5py.File(path, "w") as file:
            for key, values in arrays.items():
                file[key] = values


@pytest.mark.parametrize("kept", [0, 3, 100, 200, 1000])
def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "x.mat"
    savemat(path, {"a": np.random.default_rng(0).normal(size=(40, 40))}, do_compression=kept == 1000)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} "):
        read_mat(path, ["a"])


def test_text_is_no_matlab_file(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    path.write_text("these are no matrices at all " * 20)
    with pytest.raises(DataError, match="is damaged or no MATLAB file"):
        read_mat(path, ["a"])


def test_a_missing_file_says_where_the_set_comes_from(tmp_path: Path) -> None:
    message = f"x.mat is not in {tmp_path}. The files come from: A. Author, A Paper"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        find_file(tmp_path, "x.mat", "A. Author, A Paper")
    (tmp_path / "x.mat").touch()
    assert find_file(tmp_path, "x.mat", "A. Author, A Paper") == tmp_path / "x.mat"


def test_a_file_may_lie_in_the_subfolder(tmp_path: Path) -> None:
    message = f"x.mat is not in {tmp_path} or {tmp_path / 'SET'}. The files come from: A. Author, A Paper"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        find_file(tmp_path, "x.mat", "A. Author, A Paper", "SET")
    (tmp_path / "SET").mkdir()
    (tmp_path / "SET" / "x.mat").touch()
    assert find_file(tmp_path, "x.mat", "A. Author, A Paper", "SET") == tmp_path / "SET" / "x.mat"
