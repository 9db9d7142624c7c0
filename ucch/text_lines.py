"""Text files that somebody else wrote, and their lines."""

from __future__ import annotations

import codecs
from pathlib import Path

from .errors import DataError, UcchError
from .files import check_regular

__all__ = ["ForeignTextError", "decode_text", "read_lines", "read_text", "split_lines", "stays_one_line"]

MARK = "\ufeff"
_MARKED = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def read_lines(
    path: Path, *, error: type[UcchError] = DataError, encoding: str | None = None, errors: str = "strict"
) -> list[str]:
    """Read the lines of a text file by :func:`read_text` and :func:`split_lines`.

    Raises:
        UcchError: of the kind ``error``, as :func:`read_text` says.
    """
    return split_lines(read_text(path, error=error, encoding=encoding, errors=errors))


def split_lines(text: str) -> list[str]:
    """Split at newlines alone, since JSON, captions and ids may hold every other separator of Unicode.

    A carriage return before a newline belongs to it; what follows the last newline is a line unless it is empty.

    Example:
        >>> split_lines("one\\u2028still one\\r\\ntwo\\n")
        ['one\\u2028still one', 'two']
    """
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def stays_one_line(text: str) -> bool:
    """Whether a text written as a line comes back as that line, wherever it stands in the file."""
    return bool(text) and "\n" not in text and not text.endswith("\r") and not text.startswith(MARK)


def read_text(
    path: Path, *, error: type[UcchError] = DataError, encoding: str | None = None, errors: str = "strict"
) -> str:
    """Read a text file whole, without the byte-order mark that some programs put first.

    Args:
        path: the file.
        error: what is raised where it cannot be read.
        encoding: as Python names it; None believes a mark of UTF-8 or UTF-16, and is UTF-8 without one.
        errors: what becomes of other bytes, as :meth:`bytes.decode` takes it.

    Raises:
        UcchError: of the kind ``error``: missing, no regular file, or in another encoding; the message names one.
    """
    check_regular(path, error)
    try:
        return decode_text(path.read_bytes(), encoding, errors)
    except OSError as failed:
        raise error(f"{path} cannot be read: {failed.strerror or failed}") from failed
    except ForeignTextError as failed:
        raise error(f"{path} cannot be read: {failed}; save it as UTF-8") from failed


class ForeignTextError(ValueError):
    """Bytes are no text in the encoding that was asked for.

    Attributes:
        guess: an encoding that they could be in; may be empty.
    """

    def __init__(self, said: str, guess: str) -> None:
        super().__init__(said + (f"; it may be {guess}" if guess else ""))
        self.guess = guess


def decode_text(content: bytes, encoding: str | None = None, errors: str = "strict") -> str:
    """Do :func:`read_text` for bytes at hand.

    Raises:
        ForeignTextError: the bytes are in another encoding, or Python knows none of that name.
    """
    marked = next((name for mark, name in _MARKED.items() if content.startswith(mark)), "utf-8")
    name = encoding or marked
    try:
        return content.decode(name, errors).removeprefix(MARK)
    except UnicodeError as failed:
        raise ForeignTextError(f"it is not text in {name}: {failed}", _guess(content, name)) from failed
    except (LookupError, ValueError) as failed:
        raise ForeignTextError(str(failed), marked) from failed


def _guess(content: bytes, tried: str) -> str:
    """An encoding that the bytes could be in; in UTF-16 every second byte of Latin text is zero."""
    head = content[:1000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    wide = "utf-16-le" if odd > even else "utf-16-be"
    guess = wide if max(even, odd) > len(head) // 4 else "cp1252"
    return "" if guess == tried.lower() else guess
