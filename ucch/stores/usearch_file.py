"""A file of usearch that also holds what usearch does not keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import StoreError
from ..files import check_file, replacing

__all__ = ["read_items", "write_file"]

_MAGIC = b"ucchitem"  # the last bytes, after the length of the items in 8 bytes


def write_file(path: Path, index: Any, items: dict[str, Any]) -> None:
    """Write an index and, behind it, the items as JSON; usearch reads the file as if they were not there.

    Raises:
        StoreError: the folder cannot be written, or the disk is full; an older file then stands unchanged.
    """
    text = json.dumps(items).encode()
    with replacing(path, error=StoreError) as aside:
        index.save(str(aside))
        with open(aside, "ab") as file:
            file.write(text + len(text).to_bytes(8, "little") + _MAGIC)


def read_items(path: Path) -> dict[str, Any]:
    """What :func:`write_file` put behind the index.

    Raises:
        StoreError: the file cannot be read, or holds no such thing.
    """
    check_file(path, StoreError)
    try:
        with open(path, "rb") as file:
            end = file.seek(0, 2) - len(_MAGIC) - 8
            file.seek(max(end, 0))
            size, magic = int.from_bytes(file.read(8), "little"), file.read()
            if magic == _MAGIC and size <= end:
                file.seek(end - size)
                items = json.loads(file.read(size))
                if isinstance(items, dict):
                    return items
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError:
        pass
    raise StoreError(f"{path} was not made by ucch, or is damaged; name another")
