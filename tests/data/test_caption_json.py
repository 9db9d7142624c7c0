"""Captions in JSON; every layout is made and compared in test_caption_layouts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ucch.data.caption_json import NOT_LISTED, json_line_rows, json_rows
from ucch.data.caption_records import Row
from ucch.data.left_out import LeftOut
from ucch.errors import DataError


def _coco(images: list[object], annotations: list[object]) -> str:
    return json.dumps({"images": images, "annotations": annotations})


def test_cocos_ids_are_compared_as_text_and_nulls_stay_nulls() -> None:
    left_out = LeftOut()
    text = _coco(
        [{"id": 7, "file_name": "a.jpg"}],
        [{"image_id": "7", "caption": None}, {"image_id": 7.0, "caption": "b"}, {"image_id": 8, "caption": "c"}],
    )
    assert list(json_rows(Path("c.json"), text, left_out)) == [Row("a.jpg", None), Row("a.jpg", "b")]
    assert left_out.count(NOT_LISTED) == 1


def test_an_image_id_of_two_pictures_is_refused() -> None:
    text = _coco([{"id": 7, "file_name": "a.jpg"}, {"id": "7", "file_name": "b.jpg"}], [])
    with pytest.raises(DataError, match="the image id 7 is that of a.jpg and of b.jpg; give each its own"):
        list(json_rows(Path("c.json"), text, LeftOut()))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"images": [{"sentences": 3}]}, r"Karpathy's .*, images\[0\]: must have filename and a list of sentences"),
        ({"images": [{"id": 1}], "annotations": []}, r"COCO's JSON, images\[0\]: must have id and file_name"),
        ([{"image": "a"}], r"a list of records, \[0\]: must be an object with a key caption"),
        ({"image": ["a"], "caption": []}, "an object of columns: .* got 1 and 0"),
        ({"a.jpg": [3]}, "names with texts, key 'a.jpg': caption must be text"),
        ({"x": 1}, "is in none of the layouts .*it has the keys x. Write it as"),
    ],
)
def test_the_message_names_the_layout(content: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        list(json_rows(Path("c.json"), json.dumps(content), LeftOut()))


def test_lines() -> None:
    text = '{"image": "a", "caption": "b"}\n\n{"image": "c", "caption": "d"}\n'
    assert list(json_line_rows(Path("c"), text, LeftOut())) == list(json_rows(Path("c"), text, LeftOut()))
