"""Captions: texts, images, and which belongs to which."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.data.captions import Captions, read_captions
from ucch.errors import DataError

ROWS = [("b.jpg", "a dog, running"), ("a.jpg", 'a "cat"'), ("b.jpg", "grass")]


def test_images_and_texts_are_numbered_in_the_order_of_the_file() -> None:
    captions = Captions.of(ROWS)
    assert captions.images == ("b.jpg", "a.jpg")
    assert captions.image_of_text.tolist() == [0, 1, 0]
    assert captions.text_ids() == ["b.jpg#0", "a.jpg#0", "b.jpg#1"]


def test_empty_captions_are_counted_and_left_out() -> None:
    captions = Captions.of([("a.jpg", " "), ("b.jpg", "x"), ("c.jpg", "")])
    assert (captions.images, captions.texts, captions.n_empty) == (("b.jpg",), ("x",), 2)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none.csv do not exist$"):
        read_captions(tmp_path / "none.csv")
