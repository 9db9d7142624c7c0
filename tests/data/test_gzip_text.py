"""Files compressed by gzip, or not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ucch.data.gzip_text import decoded, unpacked
from ucch.errors import DataError


def test_what_a_file_holds_decides_not_its_ending(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.csv.gz", tmp_path / "a.csv"
    plain.write_bytes(b"image,caption\n")
    packed.write_bytes(gzip.compress(b"image,caption\n"))
    assert unpacked(plain) == unpacked(packed) == b"image,caption\n"


def test_damaged_and_endless_ones_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"image,caption\n")[:-9])
    with pytest.raises(DataError, match=r"a\.gz is cut off, or unpacks to more than .* unpack it with gunzip$"):
        unpacked(path)
    path.write_bytes(b"\x1f\x8b" + bytes(20))
    with pytest.raises(DataError, match=r"a\.gz is damaged"):
        unpacked(path)
    with pytest.raises(DataError, match=r"none cannot be read: No such file"):
        unpacked(tmp_path / "none")


def test_text_of_another_encoding_is_refused_with_the_way_out() -> None:
    assert decoded(Path("a"), "\ufeffä".encode(), None) == "ä"
    with pytest.raises(
        DataError, match=r"^a cannot be read: it is not text in utf-8.*give --encoding.*or save it as UTF-8$"
    ):
        decoded(Path("a"), b"caf\xe9 noir", None)
