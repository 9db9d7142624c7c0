"""Photographs for tests: small pictures of one colour with a caption or two, and ten kinds of bad files."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 40, 210), "grey": (128, 128, 128)}


def write_photographs(folder: Path, n: int = 24, captions_each: int = 2) -> Path:
    """Write ``n`` JPEGs and beside the folder a ``captions.csv``; returns that file."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    lines = ["image,caption"]
    for number in range(n):
        colour = list(COLOURS)[number % len(COLOURS)]
        pixels = np.clip(np.array(COLOURS[colour]) + rng.normal(0, 25, (40, 48, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03}.jpg", quality=90)
        words = ("a {} square on the wall", "the {} dot", "{} on {}")
        lines += [f"{number:03}.jpg,{words[k % 3].format(colour, colour)}" for k in range(captions_each)]
    captions = folder.parent / "captions.csv"
    captions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return captions


def gradient(mode: str = "RGB", size: tuple[int, int] = (30, 20)) -> Image.Image:
    """A picture that differs in every corner: red grows to the right, green downwards."""
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width, dtype=np.uint8)[None, :]
    pixels[..., 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    return Image.fromarray(pixels).convert(mode)


def scene(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A picture with the falling spectrum of photographs: coarse shapes, fine grain."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((size[1], size[0], 3))
    for cells, strength in ((3, 60), (6, 35), (12, 20), (24, 10)):
        coarse = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        pixels += strength * (np.asarray(coarse.resize(size, Image.Resampling.BICUBIC)) / 127.5 - 1)
    return Image.fromarray(np.clip(128 + pixels + rng.normal(0, 4, pixels.shape), 0, 255).astype(np.uint8))


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a picture as a file."""
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def truncated_jpeg() -> bytes:
    whole = encoded(gradient(size=(200, 200)), "JPEG")
    return whole[: len(whole) // 2]


def cmyk_jpeg() -> bytes:
    return encoded(gradient("CMYK"), "JPEG", quality=95)


def palette_png() -> bytes:
    picture = gradient().quantize(16)
    return encoded(picture, "PNG", transparency=0)


def deep_png() -> bytes:
    values = np.linspace(0, 65535, 600).astype(np.uint16).reshape(20, 30)
    return encoded(Image.fromarray(values), "PNG")


def animated_gif() -> bytes:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue", "green")]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50, loop=0)


def rotated_jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90 degrees to the right to show
    return encoded(gradient(), "JPEG", quality=95, exif=exif)


def huge_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """A few hundred bytes that claim 3.6 thousand million pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


USABLE: dict[str, Callable[[], bytes]] = {
    "cmyk.jpg": cmyk_jpeg,
    "palette.png": palette_png,
    "deep.png": deep_png,
    "animated.gif": animated_gif,
    "rotated.jpg": rotated_jpeg,
}
BAD: dict[str, Callable[[], bytes]] = {
    "truncated.jpg": truncated_jpeg,
    "empty.jpg": lambda: b"",
    "huge.png": huge_png,
    "text.jpg": lambda: b"this is no picture, whatever its name says\n",
}
