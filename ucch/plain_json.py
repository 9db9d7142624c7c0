"""JSON that somebody else wrote."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["one_line", "parse_json"]


def parse_json(text: str | bytes) -> Any:
    """Read JSON; whatever is wrong with it is a ``ValueError``.

    Raises:
        ValueError: not JSON, not UTF-8, or nested deeper than Python follows.

    Example:
        >>> parse_json('{"epoch": 1}')
        {'epoch': 1}
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def one_line(error: BaseException) -> str:
    """What an error says, in one line of at most 300 characters; its kind where it says nothing."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 300 else said[:299] + "…"
