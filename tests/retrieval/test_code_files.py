"""Codes and ids from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.errors import DataError
from ucch.retrieval.code_files import read_codes, read_ids, read_matrix


def test_codes_with_the_ids_beside_them(tmp_path: Path) -> None:
    np.save(tmp_path / "photos.npy", np.arange(6, dtype=np.uint8).reshape(2, 3))
    codes, ids = read_codes(tmp_path / "photos.npy")
    assert (codes.tolist(), ids) == ([[0, 1, 2], [3, 4, 5]], None)
    (tmp_path / "photos.ids.txt").write_text("a b.jpg\nc.jpg\n")
    assert read_codes(tmp_path / "photos.npy")[1] == ["a b.jpg", "c.jpg"]


def test_ids_are_numbers_only_where_every_line_is_one_in_plain_form(tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    for text, expected in (("3\n-4\n", [3, -4]), ("3\nx\n", ["3", "x"]), ("007\n3\n", ["007", "3"])):
        path.write_text(text)
        assert read_ids(path) == expected
    np.save(tmp_path / "ids.npy", np.array([9, 8]))
    assert list(read_ids(tmp_path / "ids.npy")) == [9, 8]


def test_what_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "float.npy", np.zeros((2, 3)))
    np.save(tmp_path / "flat.npy", np.zeros(3))
    np.save(tmp_path / "object.npy", np.array([{}]), allow_pickle=True)
    np.savez(tmp_path / "more.npz", a=np.zeros(3))
    (tmp_path / "gap.txt").write_text("a\n\nb\n")
    for name, text in (
        ("float.npy", "must hold packed codes, uint8, got float64; make them with ucch.codes.pack"),
        ("flat.npy", r"must hold one matrix of numbers, got shape \(3,\)"),
        ("object.npy", "cannot be read as a .npy of numbers"),
        ("more.npz", "it holds an archive of arrays"),
        ("none.npy", "cannot be read as a .npy of numbers"),
    ):
        with pytest.raises(DataError, match=text):
            read_codes(tmp_path / name)
    with pytest.raises(DataError, match="line 2 holds no id"):
        read_ids(tmp_path / "gap.txt")
    with pytest.raises(DataError, match="object.npy cannot be read as a .npy of ids"):
        read_ids(tmp_path / "object.npy")
    with pytest.raises(DataError, match="cannot be read"):
        read_ids(tmp_path / "none.txt")
    assert read_matrix(tmp_path / "float.npy").dtype == np.float64
