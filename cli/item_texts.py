"""The texts of an index's items, out of a file of texts or captions."""

from __future__ import annotations

from pathlib import Path

__all__ = ["item_texts"]


def item_texts(file: Path | None, encoding: str | None = None) -> dict[str, list[str]]:
    """Texts by id; the captions ``a.jpg#0``, ``a.jpg#1`` are texts of the picture ``a.jpg`` too.

    Args:
        file: what :func:`~ucch.data.texts.read_texts` reads; None for no texts.
        encoding: of the file.
    """
    from ucch.data.texts import read_texts

    by_id: dict[str, list[str]] = {}
    if file is None:
        return by_id
    for line, name in zip(*read_texts(file, encoding=encoding), strict=True):
        by_id.setdefault(name, []).append(line)
        if picture := name.rpartition("#")[0]:
            by_id.setdefault(picture, []).append(line)
    return by_id
