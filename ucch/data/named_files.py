"""Files of a folder that captions name, whatever their ending."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..images.sources import ImageSource
from .image_names import spell

__all__ = ["named_files"]


def named_files(source: ImageSource, names: Iterable[str]) -> list[str]:
    """Files of a folder that captions name and that do not end as pictures do, each once, by one spelling."""
    held = set(source.names)
    folded = {spell(name).casefold(): name for name in source.names}
    found: dict[str, None] = {}
    for name in names:
        plain = os.path.normpath(name).replace(os.sep, "/")
        if plain in held or not _is_file_in(source.path, name):
            continue
        like = folded.get(spell(name).casefold())  # a file system without case holds one file by both names
        if like is None or not os.path.samefile(source.path / name, source.path / like):
            found[plain] = None
    return list(found)


def _is_file_in(folder: Path, name: str) -> bool:
    parts = Path(name).parts
    if not parts or Path(name).is_absolute() or ".." in parts or "\0" in name:
        return False
    try:
        return (folder / name).is_file()
    except (OSError, ValueError):
        return False
