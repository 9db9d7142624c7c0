from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from ucch.data.mat import find_file, read_mat
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


def test_a_matlab_73_file_gets_its_way_out(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    path.write_bytes(header + b"\0" * 512)
    message = f"{path} is a MATLAB 7.3 (HDF5) file; save it from MATLAB with the option -v7"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_mat(path, ["a"])


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
