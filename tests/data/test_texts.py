"""Texts without images: lines, and captions taken as texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.data.left_out import LeftOut
from ucch.data.texts import read_texts
from ucch.errors import DataError


def test_texts_by_line_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "queries.txt"
    path.write_text("a dog\n\n  a cat \n")
    assert read_texts(path) == (["a dog", "a cat"], ["1", "3"])


def test_texts_may_be_captions(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("image,caption\na.jpg,one\na.jpg,two\n")
    assert read_texts(path) == (["one", "two"], ["a.jpg#0", "a.jpg#1"])


def test_no_texts_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n \n")
    with pytest.raises(DataError, match=r"empty\.txt hold no text$"):
        read_texts(tmp_path / "empty.txt")
    with pytest.raises(DataError, match=r"none\.txt does not exist$"):
        read_texts(tmp_path / "none.txt")


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    left_out = LeftOut()
    (tmp_path / "lines.txt").write_text("a dog\n\n")
    read_texts(tmp_path / "lines.txt", left_out=left_out)
    (tmp_path / "c.csv").write_text("image,caption\na.jpg,one\nb.jpg,\n")
    read_texts(tmp_path / "c.csv", left_out=left_out)
    assert {reason: count for reason, (count, _) in left_out.items()} == {"empty lines": 1, "captions without text": 1}
