"""Files written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import RunError, UcchError

__all__ = ["check_file", "check_regular", "is_leftover", "replacing", "write_atomically"]


@contextmanager
def replacing(
    path: str | Path, *, error: type[UcchError] = RunError, keep_as: str | Path | None = None
) -> Iterator[Path]:
    """Replace a file by what is written to the yielded path: a name beside it, flushed to disk, then renamed.

    Whatever ends the block early, a kill or a power cut included, the older file stands unchanged. A killed process
    leaves its part beside the file as ``.name.<process id>.tmp``; the next write of that file removes it.

    Args:
        path: the file; a symbolic link is replaced, not followed.
        error: what is raised where the file cannot be written.
        keep_as: another name in the same folder, for the older file.

    Raises:
        UcchError: of the kind ``error``: the path names no file, the folder cannot be written, the disk or a quota is
            full.
    """
    path = Path(path)
    if not path.name:
        raise error(f"{path} names no file; give the file a name")
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            _sweep(path)
            yield aside
            _flush(aside)
            if keep_as is not None and path.exists():
                os.replace(path, keep_as)
            os.replace(aside, path)
            _flush(path.absolute().parent)
        except OSError as failed:
            raise error(f"{path} cannot be written: {failed.strerror or failed}") from failed
    finally:
        aside.unlink(missing_ok=True)


def write_atomically(path: str | Path, content: bytes | str, *, keep_as: str | Path | None = None) -> None:
    """Replace a file by new content, by :func:`replacing`.

    Raises:
        RunError: the folder cannot be written or the disk is full; an older file then stands unchanged.
    """
    with replacing(path, keep_as=keep_as) as aside:
        aside.write_bytes(content.encode() if isinstance(content, str) else content)


def check_file(path: str | Path, error: type[UcchError], *, said: str = "", due: str = "") -> None:
    """Refuse what is no file, in the words of what is wrong: it does not exist, is a folder, or is a device or a pipe.

    Args:
        path: where a file is due.
        error: the kind raised.
        said: what messages call it, before the path.
        due: what is expected there, after the reason.

    Raises:
        UcchError: of the kind ``error``.
    """
    path = Path(path)
    if not path.is_file():
        reason = "is a folder, not a file" if path.is_dir() else "is not a file" if path.exists() else "does not exist"
        raise error(f"{said} {path} {reason}{due}".strip())


def check_regular(path: str | Path, error: type[UcchError]) -> None:
    """Refuse what is there but no regular file: a device or a pipe gives bytes without end, or none and no end either.

    Raises:
        UcchError: of the kind ``error``.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise error(f"{path} is not a file")


def is_leftover(name: str) -> bool:
    """Whether a file's name is that of a part that a killed process left."""
    return name.startswith(".") and name.endswith(".tmp")


def _sweep(path: Path) -> None:
    """Remove the parts that killed processes left of this file; one of another machine's would only be written anew."""
    start = f".{path.name}."
    for entry in os.listdir(path.absolute().parent):
        number = entry[len(start) : -len(".tmp")]
        if entry.startswith(start) and is_leftover(entry) and number.isdecimal() and not _runs(int(number)):
            path.with_name(entry).unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # somebody else's
    return True


def _flush(path: Path) -> None:
    """Bring a file, or the names in a folder, from the system's memory to the disk."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        if path.is_dir():
            return  # a system that does not open folders
        raise
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
