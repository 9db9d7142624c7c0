"""Where a stream comes from: shards of pairs, read one at a time, in natural order of their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import DataError
from .clip_retrieval import clip_retrieval_shards, is_clip_retrieval
from .items import Items
from .shard_files import SHARD_READERS, read_shard

__all__ = ["Shard", "Shards", "listed_shards", "open_shards"]


@dataclass(frozen=True)
class Shard:
    """A shard that is not read yet; calling it reads it.

    Attributes:
        name: of its file, or of the part of a folder.
        read: gives its pairs.
    """

    name: str
    read: Callable[[], Items]

    def __call__(self) -> Items:
        return self.read()


class Shards:
    """Shards in order, none read before its time.

    Args:
        shards: at least one. The first is asked for here, the others as they are needed.
        count: how many there are, where that is known.

    Attributes:
        first: of the shards.

    Raises:
        DataError: there is none.
    """

    def __init__(self, shards: Iterable[Shard], count: int | None = None) -> None:
        self._rest, self.count = iter(shards), count
        first = next(self._rest, None)
        if first is None:
            raise DataError("a stream must have at least one shard, got none")
        self.first = first

    def __iter__(self) -> Iterator[Shard]:
        """All of them, once."""
        yield self.first
        yield from self._rest


def open_shards(source: str | Path, *, one_sided: str = "refuse") -> Shards:
    """Find the shards of a stream.

    Args:
        source: a folder of files that :func:`~ucch.data.shard_files.read_shard` reads, all of one ending, in the order
            of their names, 2 before 10, other files and folders passed over; a folder that clip-retrieval wrote; or a
            file or a named pipe with the path of a shard on each line (:func:`listed_shards`).
        one_sided: ``refuse`` or ``drop``, what becomes of pairs that lack a side.

    Raises:
        DataError: there is nothing, no shard, or files of several endings.
    """
    path = Path(source)
    if path.is_dir() and is_clip_retrieval(path):
        parts = clip_retrieval_shards(path, one_sided=one_sided)
        return Shards((Shard(name, read) for name, read in parts.items()), len(parts))
    if path.is_dir():
        files = _files(path)
        return Shards(_of_files(files, one_sided), len(files))
    if not path.exists():
        raise DataError(f"{path} does not exist; a folder of shards is expected there, or a file of their paths")
    if path.suffix.lower() in SHARD_READERS:
        raise DataError(f"{path} is a file of features; give the folder of the shards, or train on it by --data")
    try:
        if path.is_file():
            named = list(_paths(_lines(path)))
            return Shards(_of_files(named, one_sided), len(named))
        return listed_shards(_lines(path), one_sided=one_sided)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def listed_shards(lines: Iterable[str], *, one_sided: str = "refuse") -> Shards:
    """The shards whose paths lines name, each asked for when the one before is done: what comes through a pipe.

    Args:
        lines: a path each; empty ones are passed over.
        one_sided: ``refuse`` or ``drop``.

    Raises:
        DataError: no line has a path.
    """
    return Shards(_of_files(_paths(lines), one_sided))


def _of_files(paths: Iterable[Path], one_sided: str) -> Iterator[Shard]:
    for path in paths:
        yield Shard(str(path), partial(read_shard, path, one_sided=one_sided))


def _paths(lines: Iterable[str]) -> Iterator[Path]:
    for line in lines:
        if path := line.rstrip("\r\n"):
            yield Path(path)


def _files(folder: Path) -> list[Path]:
    """Files of a folder that are shards, in natural order."""
    seen = [path for path in folder.iterdir() if not path.name.startswith(".")]
    found = [path for path in seen if path.suffix.lower() in SHARD_READERS and path.is_file()]
    endings = sorted({path.suffix.lower() for path in found})
    if not found:
        raise DataError(
            f"folder {folder} holds no shard: neither a file ending in {', '.join(SHARD_READERS)} nor img_emb of"
            " clip-retrieval"
        )
    if len(endings) > 1:
        raise DataError(f"shards must be files of one kind, got {', '.join(endings)} in {folder}; give each a folder")
    return sorted(found, key=lambda path: _natural(path.name))


def _natural(name: str) -> list[tuple[int, str]]:
    """What sorts names by the numbers in them: 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _lines(pipe: Path) -> Iterator[str]:
    with pipe.open(encoding="utf-8", errors="surrogateescape") as lines:
        yield from lines
