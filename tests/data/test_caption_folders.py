"""Captions beside pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.data.captions import read_captions
from ucch.errors import DataError


def test_a_text_that_json_repeats_is_one_caption(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a.txt").write_text("one\ntwo", encoding="utf-8")
    assert read_captions(tmp_path).texts == ("one", "two")
    (tmp_path / "a.json").write_text('{"caption": "one\\ntwo"}', encoding="utf-8")
    assert read_captions(tmp_path).texts == ("one\ntwo",)


def test_what_has_no_partner_is_counted(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    for name in ("a.txt", "c.txt", "d.caption"):
        (tmp_path / name).write_text("x")
    said = read_captions(tmp_path).left_out.sentence()
    assert said == "pictures without a text: 1 (b.jpg); texts without a picture: 2 (c.txt, d.caption)"


def test_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a.txt").write_bytes("café".encode("cp1252"))
    with pytest.raises(DataError, match=r"a\.txt cannot be read: .*cp1252; give --encoding, or save it as UTF-8"):
        read_captions(tmp_path)
    assert read_captions(tmp_path, encoding="cp1252").texts == ("café",)
