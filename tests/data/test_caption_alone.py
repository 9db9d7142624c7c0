"""Captions without a picture, and pictures without a caption: counted, or kept as items of one side."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.images.kit import write_photographs
from ucch.data.captions import read_captions
from ucch.errors import DataError
from ucch.images.sources import open_images

TABLE = "image,caption,split\na.jpg,a dog,train\nb.jpg,,train\n,a cat,train\na.jpg,,train\nc.jpg,null and void,test\n"


def test_empty_cells_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "captions.csv"
    path.write_text(TABLE)
    with pytest.raises(DataError, match="captions.csv, line 4: image must be a name or a number, got ''"):
        read_captions(path)
    kept = read_captions(path, one_sided=True)
    assert kept.images == ("a.jpg", "c.jpg")
    assert kept.alone.images == {"b.jpg": "train"}
    assert kept.alone.texts == [("line 4", "a cat", "train")]
    assert kept.left_out.to_json() == {"captions without text": {"count": 1, "first": ["a.jpg"]}}
    path.write_text(TABLE + ",,train\n")
    with pytest.raises(DataError, match="line 7: image must be a name"):
        read_captions(path, one_sided=True)


def test_null_in_records(tmp_path: Path) -> None:
    path = tmp_path / "captions.json"
    path.write_text(
        '[{"image": "a.jpg", "caption": "a dog"}, {"image": null, "caption": "a cat"},'
        ' {"image": "b.jpg", "caption": null}]'
    )
    kept = read_captions(path, one_sided=True)
    assert (kept.images, list(kept.alone.images)) == (("a.jpg",), ["b.jpg"])
    assert [text for _, text, _ in kept.alone.texts] == ["a cat"]


def test_a_folder_of_texts(tmp_path: Path) -> None:
    write_photographs(tmp_path / "photos", n=3)
    for name, text in (("000", "a red dot\nred on red"), ("001", ""), ("other", "a blue dot")):
        (tmp_path / "photos" / f"{name}.txt").write_text(text)
    plain = read_captions(tmp_path / "photos")
    assert plain.left_out.to_json() == {
        "pictures without a text": {"count": 2, "first": ["001.jpg", "002.jpg"]},
        "texts without a picture": {"count": 1, "first": ["other.txt"]},
    }
    kept = read_captions(tmp_path / "photos", one_sided=True)
    assert kept.texts == plain.texts
    assert list(kept.alone.images) == ["001.jpg", "002.jpg"]
    assert kept.alone.texts == [("other.txt", "a blue dot", "")]
    assert not kept.left_out


def test_pictures_that_nobody_names_and_captions_of_none(tmp_path: Path) -> None:
    write_photographs(tmp_path / "photos", n=4)
    path = tmp_path / "captions.csv"
    path.write_text(
        "image,caption\n/elsewhere/000.JPG,a red dot\nnone.jpg,a dog\nnone.jpg,it runs\n002.jpg,\ngone.jpg,\n"
    )
    source = open_images(tmp_path / "photos")
    plain, _ = read_captions(path).found_in(source)
    assert plain.left_out.count("pictures without a caption") == 3
    assert plain.left_out.count("captions whose picture is not there") == 2
    kept, rows = read_captions(path, one_sided=True).found_in(source, one_sided=True)
    assert (kept.images, rows.tolist()) == (("000.jpg",), [0])
    assert kept.alone.images == {"002.jpg": "", "001.jpg": "", "003.jpg": ""}
    assert kept.alone.texts == [("none.jpg#0", "a dog", ""), ("none.jpg#1", "it runs", "")]
    assert kept.left_out.to_json() == {"captions whose picture is not there": {"count": 1, "first": ["gone.jpg"]}}
