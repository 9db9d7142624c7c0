"""Texts without images, one a line, or those of captions."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import DataError
from ..files import check_file
from ..text_lines import split_lines
from .caption_tables import is_caption_table
from .captions import read_captions
from .gzip_text import decoded, unpacked
from .left_out import LeftOut

__all__ = ["read_texts"]


def read_texts(
    path: str | os.PathLike[str], *, encoding: str | None = None, left_out: LeftOut | None = None
) -> tuple[list[str], list[str]]:
    """Read texts without images, to be encoded.

    Args:
        path: a ``.txt`` file, a text per line, or captions as :func:`~ucch.data.captions.read_captions` takes them; a
            ``.txt`` is captions where its first line names the columns of an image and a caption, or is one of a token
            file.
        encoding: as of :func:`~ucch.data.captions.read_captions`.
        left_out: where what is left out is counted; None counts nothing.

    Returns:
        The texts and an id of each: the number of the line, from 1, or ``name#k`` for captions. Empty lines are left
        out and keep their number.

    Raises:
        DataError: the file is missing, of another kind, or holds no text.
    """
    path = Path(path)
    left_out = LeftOut() if left_out is None else left_out
    if path.suffix.lower() != ".txt" or path.is_dir():
        return _texts_of(path, encoding, left_out)
    check_file(path, DataError, said="texts")
    text = decoded(path, unpacked(path), encoding)
    if is_caption_table(text):
        return _texts_of(path, encoding, left_out)
    lines = [(str(number), line.strip()) for number, line in enumerate(split_lines(text), start=1)]
    kept = [(number, line) for number, line in lines if line]
    for number, line in lines:
        if not line:
            left_out.add("empty lines", f"line {number}")
    if not kept:
        raise DataError(f"texts {path} hold no text")
    return [line for _, line in kept], [number for number, _ in kept]


def _texts_of(path: Path, encoding: str | None, left_out: LeftOut) -> tuple[list[str], list[str]]:
    captions = read_captions(path, encoding=encoding)
    left_out.update(left_out.merged(captions.left_out))
    return list(captions.texts), captions.text_ids()
