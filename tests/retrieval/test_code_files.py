"""Codes and ids from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.errors import DataError
from ucch.retrieval.code_files import read_codes, read_ids, read_matrix


def test_codes_with_the_ids_beside_them(tmp_path: Path) -> None:
    np.save(tmp_path / "photos.npy", np.arange(6, dtype=np.uint8).reshape(2, 3))
    codes, n_bits, ids = read_codes(tmp_path / "photos.npy")
    assert (codes.tolist(), n_bits, ids) == ([[0, 1, 2], [3, 4, 5]], 24, None)
    assert isinstance(codes.base, np.memmap)  # packed codes stay on disk
    (tmp_path / "photos.ids.txt").write_text("a b.jpg\nc.jpg\n")
    assert read_codes(tmp_path / "photos.npy")[2] == ["a b.jpg", "c.jpg"]


def test_other_forms_are_packed(tmp_path: Path) -> None:
    np.save(tmp_path / "bits.npy", np.array([[1, -1, -1], [1, 1, 1]]))
    for n_bits in (None, 3):
        codes, found, _ = read_codes(tmp_path / "bits.npy", n_bits=n_bits)
        assert (codes.tolist(), found) == ([[0b10000000], [0b11100000]], 3)
    np.save(tmp_path / "offset.npy", np.array([[-128], [127]], np.int8))
    assert read_codes(tmp_path / "offset.npy", code_format="binary")[0].tolist() == [[0], [255]]


def test_ids_are_numbers_only_where_every_line_is_one_in_plain_form(tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    for text, expected in (("3\n-4\n", [3, -4]), ("3\nx\n", ["3", "x"]), ("007\n3\n", ["007", "3"])):
        path.write_text(text)
        assert read_ids(path) == expected
    for other in ("--7", "-0", "+7", "\uff17", "\u0967", "1_0", "9" * 20, "9" * 5000, str(2**63)):
        path.write_text(f"{other}\n3\n", encoding="utf-8")
        assert read_ids(path) == [other, "3"]
    for number in (2**63 - 1, -(2**63)):
        expected = [number, 3]
        path.write_text(f"{number}\n3\n")
        assert read_ids(path) == expected
    np.save(tmp_path / "ids.npy", np.array([9, 8]))
    assert list(read_ids(tmp_path / "ids.npy")) == [9, 8]


def test_what_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "float.npy", np.full((2, 3), 0.5))
    np.save(tmp_path / "flat.npy", np.zeros(3))
    np.save(tmp_path / "object.npy", np.array([{}]), allow_pickle=True)
    np.savez(tmp_path / "more.npz", a=np.zeros(3))
    (tmp_path / "gap.txt").write_text("a\n\nb\n")
    for name, text in (
        (
            "float.npy",
            r"must be codes, got float64 other than \+-1 and 0/1; binarize real outputs with",
        ),
        ("flat.npy", r"must have shape \(rows, columns\), neither of them 0, got \(3,\)"),
        ("object.npy", "cannot be read as .npy"),
        ("more.npz", "it holds an archive of arrays"),
        ("none.npy", "cannot be read as .npy: No such file"),
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
