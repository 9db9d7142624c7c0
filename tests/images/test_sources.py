"""Where pictures lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.data.left_out import LeftOut
from ucch.errors import DataError
from ucch.images import open_images
from ucch.images.sources import walk_files


def test_images_are_found_by_ending_at_any_depth_in_order(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "notes.txt", "deep/er/c.webp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    source = open_images(tmp_path)
    assert source.names == ["a.png", "b.JPG", "deep/er/c.webp"]
    assert source.chosen(["b.JPG"]) == [tmp_path / "b.JPG"]


def test_pictures_that_pillow_does_not_read_are_named(tmp_path: Path) -> None:
    for name in ("a.heic", "deep/b.HEIF", "raw.CR2"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=r"; 3 end in a way that Pillow does not read, such as a\.heic; convert them"):
        open_images(tmp_path)
    (tmp_path / "c.jpg").touch()
    source = open_images(tmp_path)
    assert (source.names, source.unread) == (["c.jpg"], ["a.heic", "deep/b.HEIF", "raw.CR2"])
    assert LeftOut.of_source(source).sentence() == (
        "pictures of a kind that is not read, convert them to JPEG: 3 (a.heic, deep/b.HEIF, raw.CR2)"
    )


def test_a_linked_folder_is_entered_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.jpg").touch()
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert walk_files(tmp_path) == ["a/x.jpg"]


def test_wrong_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"hold no file that ends in \.jpg, "):
        open_images(tmp_path)
    with pytest.raises(DataError, match="none do not exist$"):
        open_images(tmp_path / "none")
    (tmp_path / "x.zip").touch()
    with pytest.raises(DataError, match=r"a file that ends in none of \.tar, \.parquet, \.arrow; name a folder"):
        open_images(tmp_path / "x.zip")
