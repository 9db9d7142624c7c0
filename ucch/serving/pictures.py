"""The pictures of an index, out of one folder and no other."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from ..errors import DataError
from ..images import decode_image

__all__ = ["Pictures"]

SIDES = {"thumbnail": 320, "full": 1600}
KEPT = 512  # pictures kept in memory, about 20 kB each


class Pictures:
    """Show the picture of an item as a new JPEG: no byte of the file itself leaves, so neither do its metadata.

    Args:
        folder: where the pictures lie; an item's id is the name of its file relative to it.
        known: whether an id is in the index; no other is looked for.

    Raises:
        DataError: the folder is missing.
    """

    def __init__(self, folder: str | Path, known: Callable[[str], bool]) -> None:
        folder = Path(folder)
        if not folder.is_dir():
            raise DataError(f"images {folder} is not a folder")
        self.folder, self.known = folder.resolve(), known
        self.jpeg = lru_cache(maxsize=KEPT)(self._jpeg)

    def _jpeg(self, item: str, size: str) -> bytes:
        """Render one picture, its longer side at most that of the size.

        Raises:
            DataError: the id is not in the index, its file is missing, lies outside the folder or is no picture.
        """
        if not self.known(item):
            raise DataError(f"no item {item!r} in the index")
        if "\0" in item:
            raise DataError(f"item {item!r} names no file")
        path = self.folder / item
        try:
            if not path.resolve().is_relative_to(self.folder):
                raise DataError(f"item {item!r} lies outside the folder of pictures")
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"item {item!r} has no picture: {error.strerror}") from error
        picture = decode_image(content)
        picture.thumbnail((SIDES[size], SIDES[size]))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=85)
        return out.getvalue()
