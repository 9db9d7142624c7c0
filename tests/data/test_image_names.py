"""The picture that a caption file means."""

from __future__ import annotations

import pytest

from ucch.data.image_names import NameTable
from ucch.errors import DataError

NAMES = ["a/1.jpg", "b/1.jpg", "c/Ä.PNG", "COCO_val2014_000000000042.jpg"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a/1.jpg", 0),
        ("./b//1.jpg", 1),
        ("x\\b\\1.jpg", 1),
        ("B/1.JPG", 1),
        ("c/a\u0308.png", 2),
        ("https://example.org/c/%C3%84.PNG?w=3", 2),
        ("ä.webp", 2),
        ("42", 3),
        ("000000000042.jpg", 3),
        ("1.jpg", None),
        ("2.jpg", None),
        ("../../etc/passwd", None),
        ("/etc/passwd", None),
    ],
)
def test_names_are_found_where_one_picture_fits(name: str, found: int | None) -> None:
    hit = NameTable(NAMES).find(name)
    assert (None if hit is None else hit[0]) == found


def test_the_least_bent_name_counts_and_two_alike_are_refused() -> None:
    table = NameTable(["a/1.jpg"])
    assert table.find_all(["a/1.jpg", "b/1.jpg", "./a/1.jpg"], "captions") == [0, None, 0]
    with pytest.raises(DataError, match=r"captions name 'x/1.jpg' and 'y/1.jpg', which both fit the picture 'a/1.jpg'"):
        table.find_all(["x/1.jpg", "y/1.jpg"], "captions")


def test_the_nearest_name() -> None:
    assert NameTable(["photos/holiday.jpg"]).nearest("holidays.jpg") == "photos/holiday.jpg"
    assert NameTable(["photos/holiday.jpg"]).nearest("zz.png") == ""
