"""Shards of webdataset: ``.tar`` files whose members of one key belong together."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import DataError
from ..plain_json import one_line
from .endings import IMAGE_ENDINGS
from .stored import FilePart

__all__ = ["Sample", "read_shard", "shards_of"]

_COMPRESSED = {b"\x1f\x8b": "gunzip", b"BZ": "bunzip2", b"\xfd7": "unxz", b"(\xb5": "unzstd"}


@dataclass
class Sample:
    """The members of one key, by ending without its dot."""

    key: str
    parts: dict[str, FilePart] = field(default_factory=dict)

    @property
    def image(self) -> FilePart | None:
        """The first member that is a picture by its ending."""
        return next((part for ending, part in self.parts.items() if f".{ending}" in IMAGE_ENDINGS), None)


def shards_of(path: Path) -> list[Path]:
    """The ``.tar`` files that a path means: itself, or those directly in a folder, by name."""
    return [path] if path.is_file() else sorted(entry for entry in path.glob("*.tar") if entry.is_file())


def read_shard(path: Path) -> Iterator[Sample]:
    """Samples of a shard in their order, from the headers alone; no picture is read.

    A key is a member's name up to the first dot of its last part, as webdataset has it.

    Raises:
        DataError: damaged, cut off or compressed.
    """
    try:
        with open(path, "rb") as file:
            tool = _COMPRESSED.get(file.read(2))
        if tool is not None:
            raise DataError(f"{path} is compressed, and pictures are read where they lie; {tool} it first")
        with tarfile.open(path, "r:") as archive:
            yield from _samples(path, archive)
    except DataError:
        raise
    except (tarfile.TarError, OSError, ValueError, EOFError, OverflowError, RecursionError, MemoryError) as error:
        raise DataError(f"{path} is damaged or no .tar file: {one_line(error)}") from error


def _samples(path: Path, archive: tarfile.TarFile) -> Iterator[Sample]:
    size, reached, held = path.stat().st_size, -1, Sample("")
    while (member := archive.next()) is not None:
        archive.members = []  # type: ignore[attr-defined]  # a shard's headers are not kept
        if not member.offset_data > reached or member.size < 0 or member.offset_data + member.size > size:
            raise DataError(f"{path} is damaged: the member {member.name[:100]!r} does not fit into the file")
        reached = member.offset_data
        if not member.isreg() or member.issparse():
            continue
        folder, _, base = member.name.removeprefix("./").rpartition("/")
        stem, _, ending = base.partition(".")
        key = f"{folder}/{stem}" if folder else stem
        if not stem or not ending:
            continue
        if key != held.key:
            if held.parts:
                yield held
            held = Sample(key)
        part = FilePart(path, member.name, member.offset_data, member.size)
        if held.parts.setdefault(ending.lower(), part) is not part:
            raise DataError(f"{path}: the key {key[:100]!r} has two members .{ending}; give each sample its own key")
    if held.parts:
        yield held
