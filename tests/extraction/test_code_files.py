"""Packed codes with ids on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.errors import DataError
from ucch.extraction import check_new, code_writer, ids_path, write_codes

CODES = np.arange(6, dtype=np.uint8).reshape(3, 2)
IDS = ["a.jpg", "sub/ü.jpg", "c d.jpg"]


def test_npy_has_its_ids_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "photos.npy"
    write_codes(path, CODES, IDS, n_bits=12, modality="image")
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), CODES)
    assert ids_path(path).name == "photos.ids.txt"
    assert ids_path(path).read_text(encoding="utf-8").splitlines() == IDS


def test_parquet_holds_both_and_says_what_they_are(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "photos.parquet"
    write_codes(path, CODES, IDS, n_bits=12, modality="image")
    table = parquet.read_table(path)
    assert table["id"].to_pylist() == IDS
    assert table["code"].to_pylist() == [row.tobytes() for row in CODES]
    assert table.schema.metadata[b"ucch.n_bits"] == b"12"
    assert table.schema.metadata[b"ucch.modality"] == b"image"


def test_places_are_checked_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"codes\.txt must end in \.npy or \.parquet$"):
        check_new(tmp_path / "codes.txt")
    with pytest.raises(DataError, match="^folder .*none does not exist$"):
        check_new(tmp_path / "none" / "codes.npy")
    (tmp_path / "codes.ids.txt").touch()
    with pytest.raises(DataError, match=r"codes\.ids\.txt exists; choose another name$"):
        check_new(tmp_path / "codes.npy")
    check_new(tmp_path / "codes.parquet")


def test_an_id_of_two_lines_is_refused_where_lines_part_ids(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^id 'a\\nb' must be one line of text; write \.parquet to keep it$"):
        write_codes(tmp_path / "codes.npy", CODES[:1], ["a\nb"], n_bits=12, modality="text")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["photos.npy", "photos.parquet"])
def test_codes_that_come_in_parts_are_there_when_all_have_come(tmp_path: Path, name: str) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / name
    with code_writer(path, 3, n_bits=12, modality="image") as write:
        write(CODES[:2], IDS[:2])
        assert not path.exists()
        write(CODES[2:], IDS[2:])
    write_codes(tmp_path / f"whole{path.suffix}", CODES, IDS, n_bits=12, modality="image")
    if path.suffix == ".npy":
        assert path.read_bytes() == (tmp_path / "whole.npy").read_bytes()
        assert ids_path(path).read_bytes() == (tmp_path / "whole.ids.txt").read_bytes()
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        assert parquet.read_table(path).equals(parquet.read_table(tmp_path / "whole.parquet"))


def test_other_than_the_codes_announced_leave_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(DataError, match=r"c\.npy was to have 4 codes, but 3 came"),
        code_writer(tmp_path / "c.npy", 4, n_bits=12, modality="image") as write,
    ):
        write(CODES, IDS)
    assert list(tmp_path.iterdir()) == []
