"""Rows that papers print: shipped as data, shown apart from what was measured here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

from ..toml import tomllib

__all__ = ["PaperRow", "PaperTable", "paper_tables"]


@dataclass(frozen=True)
class PaperRow:
    """A method on a data set: MAP at each code length, both directions, as printed."""

    data: str
    method: str
    bits: tuple[int, ...]
    image_to_text: tuple[float, ...]
    text_to_image: tuple[float, ...]


@dataclass(frozen=True)
class PaperTable:
    """The rows of one paper, its source, and what to know before comparing."""

    source: str
    note: str
    rows: tuple[PaperRow, ...]


def paper_tables() -> list[PaperTable]:
    """Read the rows that ship with the package.

    Example:
        >>> row = paper_tables()[0].rows[0]
        >>> row.method, row.data, row.bits[0], row.image_to_text[0]
        ('UCCH', 'MIRFLICKR-25K', 16, 0.739)
    """
    text = resources.files("ucch.leaderboard").joinpath("paper_rows.toml").read_text(encoding="utf-8")
    papers = tomllib.loads(text)["paper"]
    return [PaperTable(paper["source"], paper["note"], tuple(map(_row, paper["row"]))) for paper in papers]


def _row(values: dict[str, Any]) -> PaperRow:
    bits, image_to_text, text_to_image = (tuple(values[name]) for name in ("bits", "image_to_text", "text_to_image"))
    return PaperRow(values["data"], values["method"], bits, image_to_text, text_to_image)
