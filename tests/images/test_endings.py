"""The endings of pictures."""

from __future__ import annotations

from ucch.images.endings import IMAGE_ENDINGS, UNREAD_ENDINGS


def test_endings_are_compared_in_small_letters() -> None:
    assert all(ending.startswith(".") and ending == ending.lower() for ending in IMAGE_ENDINGS)
    assert all(ending.startswith(".") and ending == ending.lower() for ending in UNREAD_ENDINGS)
    assert not set(IMAGE_ENDINGS) & set(UNREAD_ENDINGS)
    assert {".jpg", ".jfif", ".avif", ".jp2", ".ppm"} <= set(IMAGE_ENDINGS)


def test_every_ending_is_one_that_pillow_knows() -> None:
    from PIL import Image

    Image.init()
    known = Image.registered_extensions()
    plain = {".jfif", ".avif"}  # an alias, and a decoder that Pillow has from 11.3 on
    assert set(IMAGE_ENDINGS) - plain <= set(known)
    assert not set(UNREAD_ENDINGS) & set(known)
