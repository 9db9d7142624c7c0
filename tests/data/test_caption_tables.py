"""Captions in delimited text."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.data.caption_records import Row
from ucch.data.caption_tables import is_caption_table, table_rows
from ucch.errors import DataError


def _rows(text: str) -> list[Row]:
    return list(table_rows(Path("c"), text))


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        ('image\tcaption\na.jpg\ta "red" dog\n', 'a "red" dog'),
        ('image\tcaption\na.jpg\t"a ""red"" dog"\n', 'a "red" dog'),
        ('"image"\t"caption"\n"a.jpg"\t"a dog"\n', "a dog"),
        ("sep=;\nimage;caption\na.jpg;a, b\n\n", "a, b"),
        ("a.jpg#3\ta dog", "a dog"),
        ("image_name| comment_number| comment\na.jpg| 4   a dog\n", "a dog"),
    ],
)
def test_quotes_and_delimiters(text: str, caption: str) -> None:
    assert [(row.image, (row.caption or "").strip()) for row in _rows(text)] == [("a.jpg", caption)]


def test_a_split_column_comes_along() -> None:
    assert _rows("image,caption,split\na,b,test\n") == [Row("a", "b", "test")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('image,caption\na,"b\nc,d\n', "unexpected end of data; a quote inside"),
        ('image,caption\na,"b" c\n', "line 2: .*; a quote inside a quoted caption is written twice"),
        ("image\tcaption\na\n", "line 2: 1 columns, the first line has 2"),
        ("x,y\n", "its first line names no column for the image .*make it image,caption"),
    ],
)
def test_what_cannot_be_read_names_its_line(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _rows(text)


def test_texts_are_told_from_captions() -> None:
    assert is_caption_table("image,caption\n")
    assert is_caption_table("a.jpg#0\tx\n")
    assert not is_caption_table("a dog, a cat\n")
