"""Captions in delimited text: CSV, TSV, ``;`` and ``|``, with a heading or as a token file without one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import DataError
from ..text_lines import split_lines
from .caption_records import CAPTION_NAMES, IMAGE_NAMES, SPLIT_NAMES, Row, find_name, rows_of

__all__ = ["is_caption_table", "table_rows"]

DELIMITERS = ("\t", ";", "|", ",")
_NUMBERED = re.compile(r"#\d+$")  # name#k of a token file
_NAMED = re.compile(r"[^\s].*\.[A-Za-z][A-Za-z0-9]{1,4}(\.\d+)?(#\d+)?")
_MERGED = re.compile(r"\s*\d+\s+(\S.*)", re.DOTALL)  # number and comment in one cell, as a line of Flickr30k has them


class _Form(NamedTuple):
    """How a table is laid out; columns are numbers."""

    delimiter: str
    n_columns: int
    image: int
    caption: int
    split: int | None
    heading: bool


def is_caption_table(text: str) -> bool:
    """Whether the first line names an image and a caption column, or is one of a token file."""
    form = _form(text)
    return form is not None and (form.heading or form.delimiter == "\t")


def table_rows(path: Path, text: str) -> Iterator[Row]:
    """Rows of delimited text; the delimiter is the one under which the first line makes sense.

    A heading names the columns; without one, the first column must hold names of files, such as those of a token
    file (``name#k``, a tab, the caption). Quotes are those of CSV; in text cut by tabs or ``|`` only where the whole
    file has them so, and text otherwise.

    Raises:
        DataError: no column of images or captions, or a row of another length; the message has the line.
    """
    form = _form(text)
    if form is None:
        first = text.lstrip().split("\n", 1)[0].strip()[:200]
        raise DataError(
            f"{path} was read as a table, but its first line names no column for the image (image, file_name,"
            f" filepath, ...) and the caption (caption, text, title, ...): {first!r}; make it image,caption"
        )
    rows = _quoted(path, text, form.delimiter) if form.delimiter in ",;" else _plain_or_quoted(path, text, form)
    skip = form.heading
    for line, row in rows:
        if not any(cell.strip() for cell in row) or form.delimiter.join(row).lower() == f"sep={form.delimiter}":
            continue
        if skip:
            skip = False
            continue
        row = _repaired(row, form)
        where = f"{path}, line {line}"
        if len(row) != form.n_columns:
            more = "; quote captions that hold the delimiter" if len(row) > form.n_columns else ""
            raise DataError(f"{where}: {len(row)} columns, the first line has {form.n_columns}{more}")
        image = row[form.image]
        image = image if form.heading and not _NAMED.fullmatch(image.strip()) else _NUMBERED.sub("", image.strip())
        yield from rows_of(where, image, row[form.caption], "" if form.split is None else row[form.split])


def _form(text: str) -> _Form | None:
    """The layout that the first line shows."""
    lines = (line.removesuffix("\r") for line in text[:100_000].split("\n"))
    first = next((line for line in lines if line.strip() and not line.lower().startswith("sep=")), "")
    rows = {delimiter: _cells(first, delimiter) for delimiter in DELIMITERS}
    for delimiter, names in rows.items():
        image, caption, split = (find_name(names, wanted) for wanted in (IMAGE_NAMES, CAPTION_NAMES, SPLIT_NAMES))
        if image is not None and caption is not None:
            side = None if split is None else names.index(split)
            return _Form(delimiter, len(names), names.index(image), names.index(caption), side, heading=True)
    for delimiter, cells in rows.items():
        numbered = len(cells) == 3 and cells[1].strip().isdecimal()
        if (len(cells) == 2 or numbered) and (_NAMED.fullmatch(cells[0].strip()) or _NUMBERED.search(cells[0].strip())):
            return _Form(delimiter, len(cells), 0, len(cells) - 1, split=None, heading=False)
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def _quoted(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    # strict, so that a quote that nothing closes is no caption with the rest of the file in it
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise DataError(
            f"{path}, line {reader.line_num}: {error}; a quote inside a quoted caption is written twice"
        ) from error


def _plain_or_quoted(path: Path, text: str, form: _Form) -> Iterator[tuple[int, list[str]]]:
    """Cells cut at the delimiter alone, unless every quote of the file reads as one of CSV."""
    plain = [(line, row.split(form.delimiter)) for line, row in enumerate(split_lines(text), start=1)]
    if '"' not in text:
        return iter(plain)
    doubled = odd = False
    captions: list[str] = []
    for _, row in plain:
        if len(row) != form.n_columns:
            odd = odd or (bool(row) and any(row))
            continue
        captions.append(row[form.caption].strip())
        for cell in map(str.strip, row):
            inside = cell[1:-1].replace('""', "")
            if cell.startswith('"') and cell.endswith('"') and len(cell) > 1 and '"' not in inside:
                doubled = doubled or '""' in cell[1:-1]
            elif '"' in cell and not odd:
                return iter(plain)  # a bare quote: no writer of quoted cells leaves one
    if odd or doubled or all(caption.startswith('"') for caption in captions[form.heading :]):
        return _quoted(path, text, form.delimiter)
    return iter(plain)


def _repaired(row: list[str], form: _Form) -> list[str]:
    """Undo what is known of published files: an empty cell too many, or number and comment in one cell."""
    if len(row) == form.n_columns + 1 and not row[-1].strip():
        return row[:-1]
    if form.delimiter == "|" and len(row) == form.n_columns - 1 and form.caption == form.n_columns - 1:
        merged = _MERGED.fullmatch(row[-1])
        if merged:
            return [*row[:-1], "", merged[1]]
    return row
