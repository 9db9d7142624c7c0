"""The endings of pictures."""

from __future__ import annotations

from ucch.images.endings import IMAGE_ENDINGS


def test_endings_are_compared_in_small_letters() -> None:
    assert all(ending.startswith(".") and ending == ending.lower() for ending in IMAGE_ENDINGS)
    assert {".jpg", ".jfif", ".avif", ".jp2", ".ppm"} <= set(IMAGE_ENDINGS)
