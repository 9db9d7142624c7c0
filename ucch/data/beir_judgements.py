"""Judgements of relevance in lines: question, item, gain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError
from ..text_lines import read_lines

__all__ = ["judgements"]


def judgements(path: Path) -> Iterator[tuple[str, str, float]]:
    """Read question, item and gain of each line, of three columns or of TREC's four.

    The first line is a heading where its last column is no number. Columns are split at tabs, or at blanks where a line
    has none. A gain below 0 is 0.

    Raises:
        DataError: the file cannot be read, or a line has other columns or a gain that is no finite number.
    """
    first = True
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        columns = [one.strip() for one in line.split("\t")] if "\t" in line else line.split()
        gain = _number(columns[-1])
        if gain is None and first and len(columns) in (3, 4):
            first = False
            continue
        first = False
        if len(columns) not in (3, 4) or gain is None:
            raise DataError(f"{path}, line {number}: question, item and gain are due, got {line.strip()[:80]!r}")
        yield columns[0], columns[-2], max(gain, 0.0)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
