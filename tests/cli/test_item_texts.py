"""Texts of items by their ids."""

from __future__ import annotations

from pathlib import Path

from ucch.cli.item_texts import item_texts


def test_a_picture_has_all_its_captions(tmp_path: Path) -> None:
    file = tmp_path / "captions.csv"
    file.write_text("image,caption\na.jpg,one\nb.jpg,two\na.jpg,three\n", encoding="utf-8")
    texts = item_texts(file)
    assert (texts["a.jpg"], texts["b.jpg"], texts["a.jpg#1"]) == (["one", "three"], ["two"], ["three"])


def test_no_file_gives_no_texts() -> None:
    assert item_texts(None) == {}
