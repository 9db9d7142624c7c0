"""Files written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import RunError

__all__ = ["write_atomically"]


def write_atomically(path: Path, content: bytes | str) -> None:
    """Replace a file by new content: written beside it under another name, flushed to disk, then renamed.

    Raises:
        RunError: the folder cannot be written or the disk is full; an older file then stands unchanged.
    """
    raw = content.encode() if isinstance(content, str) else content
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(aside, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise RunError(f"{path} cannot be written: {error.strerror or error}") from error
