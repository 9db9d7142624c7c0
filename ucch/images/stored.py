"""Pictures that are no files of their own: a part of a shard, a row of a table."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import DataError
from .decode import BadImageError

__all__ = ["FilePart", "StoredImage", "TableRow", "as_pictures"]


@dataclass(frozen=True)
class FilePart:
    """A member of an archive that is not compressed: where its bytes lie."""

    path: Path
    name: str
    offset: int
    size: int

    def __str__(self) -> str:
        return f"{self.path}:{self.name}"

    def read(self) -> bytes:
        """Its bytes.

        Raises:
            BadImageError: the archive ends before.
            OSError: it cannot be read.
        """
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            content = file.read(self.size)
        if len(content) != self.size:
            raise BadImageError("the archive ends within it")
        return content


@dataclass(frozen=True)
class TableRow:
    """A row of a table of pictures: Parquet by row group, Arrow by record batch; the last groups read are kept."""

    path: Path
    name: str
    column: str
    group: int
    row: int

    def __str__(self) -> str:
        return f"{self.path}:{self.name}"

    def read(self) -> bytes:
        """Its bytes; those beside the table where the row holds a path alone.

        Raises:
            BadImageError: the row holds neither.
            OSError: the table cannot be read.
        """
        from .image_tables import read_group  # here, since that module is of no use to files

        try:
            value = _group(self.path, self.column, self.group, read_group)[self.row].as_py()
        except DataError as error:
            raise BadImageError(str(error)) from error
        content = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(content, bytes):
            raise BadImageError("the row holds no picture")
        return content


StoredImage = FilePart | TableRow


def as_pictures(paths: Iterable[str | Path | StoredImage]) -> Iterator[Path | StoredImage]:
    """Pictures as they are read, one by one: a string becomes a path, what lies in a shard or a table stays.

    Raises:
        TypeError: one path in the place of several, or an entry that is no path.
    """
    if isinstance(paths, str | os.PathLike):
        raise TypeError(
            f"paths must be a sequence of pictures, got the one path {str(paths)!r}; give [path], or the items of"
            " ucch.images.open_images(path)"
        )
    return (one if isinstance(one, FilePart | TableRow) else Path(one) for one in paths)


@lru_cache(maxsize=2)
def _group(path: Path, column: str, group: int, read: Any) -> Any:
    return read(path, column, group)
