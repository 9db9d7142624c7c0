"""The image files of a folder."""

from __future__ import annotations

from pathlib import Path

from ..data.captions import IMAGE_ENDINGS
from ..errors import DataError

__all__ = ["list_images"]


def list_images(folder: Path) -> list[str]:
    """Names of all image files under a folder, relative to it, sorted; known by their endings.

    Raises:
        DataError: the folder is missing, or holds none.
    """
    if not folder.is_dir():
        raise DataError(f"images {folder} is not a folder")
    found = (path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_ENDINGS and path.is_file())
    names = sorted(path.relative_to(folder).as_posix() for path in found)
    if not names:
        raise DataError(f"images {folder} holds no file that ends in {', '.join(IMAGE_ENDINGS)}")
    return names
