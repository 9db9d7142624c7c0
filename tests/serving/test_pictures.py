"""Pictures out of one folder and no other."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.serving.conftest import Served
from ucch.errors import DataError
from ucch.serving import Pictures


def everything(_: str) -> bool:
    return True


@pytest.mark.parametrize(("size", "longer"), [("thumbnail", 320), ("full", 400)])
def test_a_picture_is_drawn_anew_and_fits(served: Served, size: str, longer: int) -> None:
    drawn = Image.open(io.BytesIO(Pictures(served.folder, everything).jpeg("red.png", size)))
    assert (drawn.format, max(drawn.size)) == ("JPEG", longer)


def test_no_metadata_leaves(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    Image.new("RGB", (9, 9)).save(tmp_path / "it.jpg", exif=exif)
    assert b"where I live" in (tmp_path / "it.jpg").read_bytes()
    assert b"where I live" not in Pictures(tmp_path, everything).jpeg("it.jpg", "full")


@pytest.mark.parametrize(
    "item", ["../secret.png", "sub/../../secret.png", "/etc/passwd", "sub", "none.png", "", "a" * 5000, "a\0b"]
)
def test_what_is_no_picture_of_the_folder_is_refused_even_if_the_index_names_it(served: Served, item: str) -> None:
    with pytest.raises(DataError):
        Pictures(served.folder, everything).jpeg(item, "thumbnail")


def test_a_link_out_of_the_folder_is_not_followed(served: Served, tmp_path: Path) -> None:
    (tmp_path / "link.png").symlink_to(served.folder.parent / "secret.png")
    with pytest.raises(DataError, match=r"'link.png' lies outside the folder of pictures"):
        Pictures(tmp_path, everything).jpeg("link.png", "thumbnail")


def test_an_id_that_is_not_in_the_index_is_not_looked_for(served: Served) -> None:
    with pytest.raises(DataError, match=r"no item 'red.png' in the index"):
        Pictures(served.folder, lambda _: False).jpeg("red.png", "thumbnail")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder"):
        Pictures(tmp_path / "none", everything)
