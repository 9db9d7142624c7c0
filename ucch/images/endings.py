"""The endings by which a file counts as a picture."""

from __future__ import annotations

__all__ = ["IMAGE_ENDINGS", "UNREAD_ENDINGS"]

IMAGE_ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"),
    *(".jp2", ".ppm", ".pgm", ".pbm", ".pnm"),
    *(".apng", ".mpo", ".j2k", ".jpx", ".jpf", ".dib", ".tga", ".psd"),
)
# pictures, or nearly, that Pillow alone does not read: counted where they are met
UNREAD_ENDINGS = (
    *(".heic", ".heif", ".hif", ".jxl", ".jxr", ".svg", ".xcf"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf"),
)
