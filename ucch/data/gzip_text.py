"""A text file as it lies or compressed by gzip: its content, and its text."""

from __future__ import annotations

import zlib
from pathlib import Path

from ..errors import DataError
from ..text_lines import ForeignTextError, decode_text
from .sizes import most_bytes

__all__ = ["decoded", "unpacked"]

_GZIP = b"\x1f\x8b"


def unpacked(path: Path) -> bytes:
    """Content of a file, unpacked where it is compressed by gzip.

    Raises:
        DataError: it cannot be read, is damaged, cut off, or unpacks to more than memory is given for.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    if content[:2] != _GZIP:
        return content
    most = most_bytes(path)
    try:
        unpacking = zlib.decompressobj(wbits=31)
        content = unpacking.decompress(content, most)
    except zlib.error as error:
        raise DataError(f"{path} is damaged: {error}") from error
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise DataError(f"{path} is cut off, or unpacks to more than {most:,} bytes; unpack it with gunzip")
    return content


def decoded(path: Path, content: bytes, encoding: str | None) -> str:
    """Text of that content.

    Raises:
        DataError: it is in another encoding; the message says which one may be meant.
    """
    try:
        return decode_text(content, encoding)
    except ForeignTextError as error:
        way = f" {error.guess}" if error.guess else ""
        raise DataError(f"{path} cannot be read: {error}; give --encoding{way}, or save it as UTF-8") from error
