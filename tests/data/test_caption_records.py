"""One record of a caption file."""

from __future__ import annotations

import pytest

from ucch.data.caption_records import Row, caption_texts, find_name, image_name, record_rows
from ucch.errors import DataError


def test_names_are_found_whatever_their_case_and_order() -> None:
    assert find_name(["Title", "File Name"], ("image", "filename")) == "File Name"
    assert find_name(["x"], ("image",)) is None


@pytest.mark.parametrize(("value", "name"), [(7, "7"), (7.0, "7"), (" a.jpg ", "a.jpg"), ({"path": "b.png"}, "b.png")])
def test_names_of_images(value: object, name: str) -> None:
    assert image_name("x", value) == name


@pytest.mark.parametrize("value", [None, True, 7.5, "", "a\0b", [], {"bytes": b""}, 1e300])
def test_what_is_no_name(value: object) -> None:
    with pytest.raises(DataError, match="^x: image must be a name or a number, got"):
        image_name("x", value)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("a", ["a"]),
        (None, [None]),
        (float("nan"), [None]),
        (["a", None, {"raw": "b", "tokens": []}], ["a", None, "b"]),
        ('["a", "b"]', ["a", "b"]),
        ("['a', \"b's\"]", ["a", "b's"]),
        ("[left] of two", ["[left] of two"]),
        ("[1]", ["[1]"]),
    ],
)
def test_captions_of_a_value(value: object, texts: list[str | None]) -> None:
    assert caption_texts("x", value) == texts


@pytest.mark.parametrize("value", ["['a' 'b']", "['a', b']", '["a" "b"]', r'["\N{x}"]'])
def test_a_list_that_cannot_be_read_is_refused(value: str) -> None:
    with pytest.raises(DataError, match="list"):
        caption_texts("x", value)


@pytest.mark.parametrize("value", [3, True, {"a": 1}, [3]])
def test_what_is_no_caption(value: object) -> None:
    with pytest.raises(DataError, match="^x: caption must be text or a list of texts, got"):
        caption_texts("x", value)


def test_rows_of_a_record() -> None:
    assert list(record_rows("x", {"IMG": "a", "Captions": ["b"], "split": "val"})) == [Row("a", "b", "val")]
    with pytest.raises(DataError, match="key caption, got the keys IMG; rename the right one"):
        list(record_rows("x", {"IMG": "a"}))
