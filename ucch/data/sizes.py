"""How much memory a file may ask for, looked at before any is given."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataError

__all__ = ["check_size", "most_bytes"]

FLOOR, GIB = 64 << 20, 1 << 30
DEFLATE = 1032  # no deflated byte stands for more; sparse word counts come near it
RATIO = 200  # beyond a GiB


def most_bytes(path: Path) -> int:
    """Bytes that the arrays of a file may take: 64 MiB, and 1,032 times the file up to a GiB, beyond it 200 times."""
    size = path.stat().st_size
    return FLOOR + min(DEFLATE * size, max(GIB, RATIO * size))


def check_size(path: Path, what: str, declared: int) -> None:
    """Refuse what a file says of its size if no honest file of its length would say so.

    Args:
        path: the file.
        what: what would take the memory.
        declared: bytes.

    Raises:
        DataError: more than :func:`most_bytes`.
    """
    if declared > most_bytes(path):
        raise DataError(
            f"{path}: {what} would take {declared:,} bytes of memory, but a file of {path.stat().st_size:,} bytes may"
            f" ask for {most_bytes(path):,} at most; if it is what it says, write it with less compression"
        )
