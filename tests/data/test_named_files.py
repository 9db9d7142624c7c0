"""Files of a folder that captions name, whatever their ending."""

from __future__ import annotations

from pathlib import Path

from ucch.data.named_files import named_files
from ucch.images import open_images


def test_files_that_do_not_end_as_pictures_are_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.jpg", "0001", "sub/b.dat", "unnamed.bin"):
        (tmp_path / name).touch()
    source = open_images(tmp_path)
    asked = ["a.jpg", "0001", "./sub/../0001", "sub/b.dat", "sub", "none"]
    assert named_files(source, asked) == ["0001", "sub/b.dat"]


def test_nothing_outside_the_folder_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").touch()
    (tmp_path / "secret").touch()
    asked = ["../secret", str(tmp_path / "secret"), "a\0b", ""]
    assert named_files(open_images(tmp_path / "images"), asked) == []


def test_a_file_that_a_system_without_case_holds_by_two_names_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"one")
    source = open_images(tmp_path)
    (tmp_path / "A.jpg").hardlink_to(tmp_path / "a.jpg")  # what such a system answers for the other name
    assert named_files(source, ["A.jpg"]) == []
    (tmp_path / "a.JPG").write_bytes(b"another")
    assert named_files(source, ["a.JPG"]) == ["a.JPG"]
