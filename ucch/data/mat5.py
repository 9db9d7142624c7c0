"""The heads of the variables in a MATLAB file of version 5 to 7, checked before SciPy reads it."""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO

from ..errors import DataError
from .sizes import check_size

__all__ = ["CappedFile", "check_mat5", "is_mat5"]

_HEAD = 1 << 16  # bytes of a variable looked at: tag, flags, dimensions, name, tag of the values
_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {4: "char", 6: "double", 7: "single"} | {8 + i: f"{'u' * (i % 2)}int{8 << i // 2}" for i in range(8)}
_OTHERS = {1: "cell", 2: "struct", 3: "object", 5: "sparse", 16: "function", 17: "opaque"}
_STORED = (1, 2, 3, 4, 5, 6, 7, 9, 12, 13)  # kinds of numbers
_COMPLEX = 0x0800


class CappedFile:
    """A file that no ``read`` asks more of than it holds, whatever a damaged header says."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._size = file, os.fstat(file.fileno()).st_size
        self.seek, self.tell = file.seek, file.tell

    def read(self, n: int = -1) -> bytes:
        """Read ``n`` bytes, or what is left."""
        left = max(0, self._size - self._file.tell())
        return self._file.read(left if n < 0 else min(n, left))


def is_mat5(path: Path) -> bool:
    """Whether a file has the byte-order mark of versions 5 to 7."""
    with open(path, "rb") as file:
        head = file.read(128)
    return head[126:128] in (b"IM", b"MI") and 0 not in head[:4]


def check_mat5(path: Path, keys: Collection[str] | None = None) -> None:
    """Walk the variables of a file; refuse sizes that do not fit it, and those in ``keys`` that are no real matrices.

    Args:
        path: a file for which :func:`is_mat5` holds.
        keys: names of the variables wanted; None for none.

    Raises:
        DataError: damaged, too large for the file, or of another class.
    """
    asked = 0
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        order = "<" if file.read(128)[126:128] == b"IM" else ">"
        while file.tell() + 8 <= size:
            kind, length = struct.unpack(f"{order}II", file.read(8))
            end = file.tell() + length
            if end > size:
                raise DataError(f"{path} is damaged or no MATLAB file: a variable goes on after the end of the file")
            head = file.read(min(length, _HEAD))
            try:
                if kind == _COMPRESSED:
                    head = zlib.decompressobj().decompress(head, _HEAD)
                    kind, length = struct.unpack_from(f"{order}II", head)
                    head = head[8:]
                if kind == _MATRIX and length:
                    asked += _check_variable(path, head, length, order, keys or ())
            except (struct.error, zlib.error, IndexError) as error:
                raise DataError(f"{path} is damaged or no MATLAB file: {error}") from error
            check_size(path, "its variables", asked)
            file.seek(end)


def _check_variable(path: Path, head: bytes, length: int, order: str, keys: Collection[str]) -> int:
    """Bytes that a wanted variable takes; 0 for another."""
    place, parts = 0, []
    for _ in range(3):
        _, part_length, at, place = _tag(head, place, order)
        if part_length > _HEAD:
            raise DataError(f"{path} is damaged or no MATLAB file: a name or shape of {part_length:,} bytes")
        parts.append(head[at : at + part_length])
    flags: int = struct.unpack_from(f"{order}I", parts[0])[0]
    shape: tuple[int, ...] = struct.unpack(f"{order}{len(parts[1]) // 4}i", parts[1])
    name = parts[2].decode("latin1")
    if name not in keys:
        return 0
    if flags & 0xFF not in _NUMBERS or flags & _COMPLEX:
        other = _OTHERS.get(flags & 0xFF, "something unknown") if flags & 0xFF not in _NUMBERS else "complex numbers"
        other = "csc_matrix (sparse)" if other == "sparse" else other
        raise DataError(f"{path}: {name} must be a full matrix, got {other}")
    if min(shape, default=0) < 0:
        raise DataError(f"{path} is damaged or no MATLAB file: {name} has shape {shape}")
    kind, held, *_ = _tag(head, place, order)
    if kind not in _STORED:  # SciPy looks kinds up without a check and can crash
        raise DataError(f"{path} is damaged or no MATLAB file: {name} holds values of kind {kind}")
    if held > length:
        raise DataError(f"{path} is damaged or no MATLAB file: {name} holds more than its own length")
    return max(held, 8 * math.prod(shape))


def _tag(head: bytes, place: int, order: str) -> tuple[int, int, int, int]:
    """Kind, length and start of a part, and the place of the next; short parts keep four bytes in their tag."""
    kind, length = struct.unpack_from(f"{order}II", head, place)
    if kind >> 16:
        return kind & 0xFFFF, kind >> 16, place + 4, place + 8
    return kind, length, place + 8, place + 8 + length + -length % 8
