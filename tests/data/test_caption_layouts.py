"""Every layout of captions and pictures that people have gives the same pairs."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.data.layouts import LAYOUTS, NAMES, ROWS, TEXTS, write_pictures
from ucch.data.captions import Captions, read_captions
from ucch.data.split_names import sides_of
from ucch.errors import DataError
from ucch.images import open_images


def _digest(pairs: list[tuple[bytes, str]]) -> str:
    lines = sorted(hashlib.sha256(picture).hexdigest() + text for picture, text in pairs)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_gives_the_same_pairs(tmp_path: Path, name: str) -> None:
    write_pictures(tmp_path / "images")
    expected = _digest([((tmp_path / "images" / image).read_bytes(), text) for image, text in ROWS])
    images, captions, encoding = LAYOUTS[name].make(tmp_path)
    source = open_images(images)
    found, _ = read_captions(captions, images, encoding=encoding).found_in(source)
    items = source.chosen(found.images)
    pictures = [item.read_bytes() if isinstance(item, Path) else item.read() for item in items]
    pairs = [(pictures[row], text) for row, text in zip(found.image_of_text.tolist(), found.texts, strict=True)]
    assert len(pairs) == 100
    assert _digest(pairs) == expected
    left_out = {"coco-part": "captions of images that the file does not list: 9 (5000, 5001, 5002, ...)"}
    assert found.left_out.sentence() == left_out.get(name, "")


def test_there_are_at_least_forty() -> None:
    assert len(LAYOUTS) >= 40
    assert len({layout.have for layout in LAYOUTS.values()}) == len(LAYOUTS)
    assert (len(NAMES), sum(map(len, TEXTS))) == (20, 100)


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_has_its_line_in_the_documentation(name: str) -> None:
    assert f"| {LAYOUTS[name].have} | {LAYOUTS[name].do} |\n" in (ROOT / "docs" / "data.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "sizes"), [("karpathy", (10, 5)), ("saved-splits", (15, 5)), ("hub", (15, 5))])
def test_splits_are_those_of_the_file(tmp_path: Path, name: str, sizes: tuple[int, int]) -> None:
    write_pictures(tmp_path / "images")
    images, captions, _ = LAYOUTS[name].make(tmp_path)
    found, _ = read_captions(captions, images).found_in(open_images(images))
    sides = sides_of(found.splits)
    assert sides is not None
    assert (int(sides[0].sum()), int(sides[1].sum())) == sizes


FEW = [("b.jpg", "a dog, running"), ("a.jpg", 'a "cat"'), ("b.jpg", "grass")]


def _held(captions: Captions) -> list[tuple[str, str]]:
    return [(captions.images[row], text) for row, text in zip(captions.image_of_text, captions.texts, strict=True)]


@pytest.mark.parametrize("heading", ["image,caption", "number,Caption,IMAGE", "file_name,sentence", "\ufeffimage,text"])
def test_csv_is_read_by_its_heading(tmp_path: Path, heading: str) -> None:
    lines = ['b.jpg,"a dog, running"', 'a.jpg,"a ""cat"""', "b.jpg,grass "]
    if heading.startswith("number"):
        lines = ['1,"a dog, running",b.jpg', '2,"a ""cat""",a.jpg', "3,grass,b.jpg"]
    path = tmp_path / "captions.csv"
    path.write_text("\n".join([heading, *lines, ""]), encoding="utf-8")
    assert _held(read_captions(path)) == FEW


def test_quotes_in_a_tsv_are_text(tmp_path: Path) -> None:
    path = tmp_path / "captions.tsv"
    path.write_text("image\tcaption\n" + "".join(f"{image}\t{text}\n" for image, text in FEW))
    assert _held(read_captions(path)) == FEW


def test_json_lines_take_a_string_or_several(tmp_path: Path) -> None:
    path = tmp_path / "captions.jsonl"
    path.write_text("\n\n".join(json.dumps({"image": image, "caption": text}) for image, text in FEW))
    assert _held(read_captions(path)) == FEW
    path.write_text(json.dumps({"file_name": "x.png", "captions": ["one", "two"]}))
    assert read_captions(path).texts == ("one", "two")


def test_cocos_layout(tmp_path: Path) -> None:
    numbers = {"a.jpg": 7, "b.jpg": 9}
    content = {
        "info": {},
        "images": [{"id": number, "file_name": name} for name, number in numbers.items()],
        "annotations": [{"image_id": numbers[image], "id": 0, "caption": text} for image, text in FEW],
    }
    path = tmp_path / "captions_val2017.json"
    path.write_text(json.dumps(content))
    assert _held(read_captions(path)) == FEW


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
