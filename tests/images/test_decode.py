"""Decoding: what a picture becomes, and which files are refused for which reason."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.images.kit import (
    animated_gif,
    cmyk_jpeg,
    deep_png,
    encoded,
    gradient,
    huge_png,
    palette_png,
    rotated_jpeg,
    truncated_jpeg,
)
from ucch.images import BadImageError, decode_image


def test_a_plain_picture_keeps_its_pixels() -> None:
    np.testing.assert_array_equal(decode_image(encoded(gradient(), "PNG")), gradient())


def test_exif_orientation_is_applied() -> None:
    picture = decode_image(rotated_jpeg())
    assert picture.size == (20, 30)
    expected = gradient().transpose(Image.Transpose.ROTATE_270)
    np.testing.assert_allclose(np.asarray(picture, int), np.asarray(expected, int), atol=12)


def test_a_damaged_exif_block_is_ignored() -> None:
    content = encoded(gradient(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert decode_image(content).size == (30, 20)


def test_cmyk_becomes_rgb() -> None:
    expected = Image.open(BytesIO(cmyk_jpeg())).convert("RGB")
    picture = decode_image(cmyk_jpeg())
    assert picture.mode == "RGB"
    np.testing.assert_array_equal(picture, expected)


def test_transparent_pixels_of_a_palette_become_white() -> None:
    palette = Image.open(BytesIO(palette_png()))
    clear = np.asarray(palette) == 0
    picture = np.asarray(decode_image(palette_png()))
    assert clear.any()
    assert (picture[clear] == 255).all()
    np.testing.assert_array_equal(picture[~clear], np.asarray(palette.convert("RGB"))[~clear])


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_half_transparent_pixels_are_mixed_with_white(mode: str) -> None:
    colour = (100, 100, 100, 128) if mode == "RGBA" else (100, 128)
    picture = decode_image(encoded(Image.new(mode, (2, 2), colour), "PNG"))
    assert abs(picture.getpixel((0, 0))[0] - (100 * 128 + 255 * 127) / 255) <= 1


@pytest.mark.parametrize("mode", ["1", "L", "P", "YCbCr"])
def test_other_kinds_become_rgb(mode: str) -> None:
    kind = "JPEG" if mode == "YCbCr" else "PNG"
    picture = decode_image(encoded(gradient(mode), kind))
    assert (picture.mode, picture.size) == ("RGB", (30, 20))


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    values = np.linspace(0, 65535, 600).astype(np.uint16).reshape(20, 30)
    picture = np.asarray(decode_image(deep_png()))
    np.testing.assert_array_equal(picture, np.repeat((values >> 8).astype(np.uint8)[..., None], 3, axis=2))


def test_of_an_animation_the_first_frame_is_taken() -> None:
    picture = np.asarray(decode_image(animated_gif()))
    assert picture.shape == (20, 30, 3)
    assert (picture == [255, 0, 0]).all()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"this is no picture", "no image that Pillow can read"),
        (b"\xff\xd8\xff\xe0", "no image that Pillow can read"),
        (huge_png(), "too many pixels: "),
        (huge_png(12_000, 12_000), "12000 x 12000 pixels are more than the limit of 134,217,728"),
        (encoded(Image.new("RGB", (505, 5)), "PNG"), "505 x 5 pixels: one side is over 100 times the other"),
        (truncated_jpeg(), "damaged: "),
        (encoded(Image.new("F", (3, 3)), "TIFF"), "grey values of mode F outside 0 to 65,535 have no rule for 8 bits"),
        (encoded(Image.new("I", (3, 3), 70000), "TIFF"), "grey values of mode I outside 0 to 65,535"),
    ],
)
def test_bad_files_are_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(BadImageError, match=f"^{re.escape(reason)}"):
        decode_image(content)


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF"])
def test_a_file_cut_off_anywhere_is_refused_or_whole(kind: str, kept: float) -> None:
    content = encoded(gradient(size=(120, 90)), kind)
    try:
        picture = decode_image(content[: int(len(content) * kept)])
    except BadImageError:
        return
    assert picture.size == (120, 90)
