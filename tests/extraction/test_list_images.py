"""The image files of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.errors import DataError
from ucch.extraction import list_images


def test_images_are_found_by_ending_at_any_depth_in_order(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "notes.txt", "deep/er/c.webp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    assert list_images(tmp_path) == ["a.png", "b.JPG", "deep/er/c.webp"]


def test_wrong_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no file that ends in \.jpg, "):
        list_images(tmp_path)
    with pytest.raises(DataError, match="none is not a folder$"):
        list_images(tmp_path / "none")
