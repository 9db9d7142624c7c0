"""Every layout of captions and pictures that people have gives the same pairs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.data.layouts import LAYOUTS, NAMES, ROWS, TEXTS, write_pictures
from ucch.data.captions import read_captions
from ucch.data.split_names import sides_of
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
