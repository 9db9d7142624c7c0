"""The endings by which a file counts as a picture."""

from __future__ import annotations

__all__ = ["IMAGE_ENDINGS"]

IMAGE_ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"),
    *(".jp2", ".ppm", ".pgm", ".pbm", ".pnm"),
)
