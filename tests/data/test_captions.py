"""Captions from the usual kinds of files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ucch.data.captions import Captions, read_captions, read_texts
from ucch.errors import DataError

ROWS = [("b.jpg", "a dog, running"), ("a.jpg", 'a "cat"'), ("b.jpg", "grass")]


def _held(captions: Captions) -> list[tuple[str, str]]:
    return [(captions.images[row], text) for row, text in zip(captions.image_of_text, captions.texts, strict=True)]


@pytest.mark.parametrize("heading", ["image,caption", "number,Caption,IMAGE", "file_name,sentence", "\ufeffimage,text"])
def test_csv_is_read_by_its_heading(tmp_path: Path, heading: str) -> None:
    lines = ['b.jpg,"a dog, running"', 'a.jpg,"a ""cat"""', "b.jpg,grass "]
    if heading.startswith("number"):
        lines = ['1,"a dog, running",b.jpg', '2,"a ""cat""",a.jpg', "3,grass,b.jpg"]
    path = tmp_path / "captions.csv"
    path.write_text("\n".join([heading, *lines, ""]), encoding="utf-8")
    assert _held(read_captions(path)) == ROWS


def test_images_and_texts_are_numbered_in_the_order_of_the_file() -> None:
    captions = Captions.of(ROWS)
    assert captions.images == ("b.jpg", "a.jpg")
    assert captions.image_of_text.tolist() == [0, 1, 0]
    assert captions.text_ids() == ["b.jpg#0", "a.jpg#0", "b.jpg#1"]


def test_quotes_in_a_tsv_are_text(tmp_path: Path) -> None:
    path = tmp_path / "captions.tsv"
    path.write_text("image\tcaption\n" + "".join(f"{image}\t{text}\n" for image, text in ROWS))
    assert _held(read_captions(path)) == ROWS


def test_json_lines_take_a_string_or_several(tmp_path: Path) -> None:
    path = tmp_path / "captions.jsonl"
    path.write_text("\n\n".join(json.dumps({"image": image, "caption": text}) for image, text in ROWS))
    assert _held(read_captions(path)) == ROWS
    path.write_text(json.dumps({"file_name": "x.png", "captions": ["one", "two"]}))
    assert read_captions(path).texts == ("one", "two")


def test_cocos_layout(tmp_path: Path) -> None:
    numbers = {"a.jpg": 7, "b.jpg": 9}
    content = {
        "info": {},
        "images": [{"id": number, "file_name": name} for name, number in numbers.items()],
        "annotations": [{"image_id": numbers[image], "id": 0, "caption": text} for image, text in ROWS],
    }
    path = tmp_path / "captions_val2017.json"
    path.write_text(json.dumps(content))
    assert _held(read_captions(path)) == ROWS


def test_a_folder_of_texts_is_matched_with_the_images(tmp_path: Path) -> None:
    for name in ("a.jpg", "sub/b.png", "without.jpg", "notes.md"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).touch()
    (tmp_path / "texts" / "sub").mkdir(parents=True)
    (tmp_path / "texts" / "a.txt").write_text("one\nlong caption\n")
    (tmp_path / "texts" / "sub" / "b.txt").write_text("another")
    captions = read_captions(tmp_path / "texts", tmp_path / "images")
    assert captions.images == ("a.jpg", "sub/b.png")
    assert captions.texts == ("one", "long caption", "another")
    assert captions.left_out.to_json() == {"pictures without a text": {"count": 1, "first": ["without.jpg"]}}


def test_texts_may_stand_beside_the_images(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a.txt").write_text("beside")
    assert read_captions(tmp_path).texts == ("beside",)


def test_empty_captions_are_counted_and_left_out() -> None:
    captions = Captions.of([("a.jpg", " "), ("b.jpg", "x"), ("c.jpg", "")])
    assert (captions.images, captions.texts, captions.n_empty) == (("b.jpg",), ("x",), 2)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.csv", "animal,caption\n", "{path} was read as a table, but its first line names no column for the image"),
        (
            "c.csv",
            "image,size\n",
            "{path} was read as a table, but its first line names no column for the image (image, file_name,",
        ),
        ("c.csv", "image,caption\na,b\na,b,c\n", "{path}, line 3: 3 columns, the first line has 2; quote captions"),
        ("c.csv", "image,caption\n", "captions {path} hold no caption"),
        ("c.csv", "", "{path} was read as a table, but"),
        ("c.csv", b"image,caption\na,\xff\xfe\n", "{path} cannot be read: it is not text in utf-8: "),
        (
            "c.jsonl",
            '{"image": "a"}',
            "{path}, line 1: must be an object with a key caption, got the keys image;",
        ),
        ("c.jsonl", '\n["a"]', "{path}, line 2: must be an object with a key image and a key caption, got ['a']"),
        ("c.jsonl", "{", "{path}, line 1: not JSON: "),
        (
            "c.jsonl",
            '{"image": 3.5, "caption": "x"}',
            "{path}, line 1: image must be a name or a number, got 3.5",
        ),
        ("c.json", "[]", "{path} is in none of the layouts Karpathy's dataset_*.json, COCO's JSON, a list of"),
        ("c.json", '{"images": []}', "{path}, read as COCO's JSON: must have a list of annotations"),
        ("c.json", "{", "{path} is not JSON: "),
        (
            "c.json",
            '{"images": [], "annotations": [{"image_id": 3, "caption": "x"}]}',
            "captions {path} hold no caption; captions of images that the file does not list: 1 (3)",
        ),
        ("c.xlsx", "", "{path} was read as a table, but"),
    ],
)
def test_wrong_files_are_refused_with_the_line(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=f"^{re.escape(message.replace('{path}', str(path)))}"):
        read_captions(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none.csv do not exist$"):
        read_captions(tmp_path / "none.csv")


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
