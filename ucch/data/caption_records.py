"""One record of a caption file, whatever the layout: which names hold image, caption and split, and what they hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..errors import DataError
from ..plain_json import one_line, parse_json

__all__ = ["CAPTION_NAMES", "IMAGE_NAMES", "SPLIT_NAMES", "Row", "find_name", "plain", "record_rows", "rows_of"]

# in the order in which they are looked for; case, spaces, "_" and "-" do not matter
IMAGE_NAMES = (
    *("image", "filename", "imagename", "imagepath", "imagefile", "imagefilename", "filepath", "path", "file"),
    *("img", "imgname", "imgpath", "imagekey", "picture", "photo", "imageid", "imgid", "key", "id", "imageurl", "url"),
)
CAPTION_NAMES = (
    *("caption", "captions", "text", "texts", "sentence", "sentences", "comment", "comments", "description"),
    *("descriptions", "title", "raw", "alttext", "txt"),
)
SPLIT_NAMES = ("split",)

_STRING = r"""(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
_LIST = re.compile(rf"\[\s*{_STRING}(?:\s*,\s*{_STRING})*\s*,?\s*\]", re.DOTALL)
_LOOKS_LIKE_LIST = re.compile(r"\[\s*(['\"]).*\1\s*,?\s*\]", re.DOTALL)


class Row(NamedTuple):
    """An image and one of its captions; a caption of None was null. ``split`` is empty where the file has none.

    Where the image is empty, ``name`` is that of the text alone, and ``refusal`` what is said where such are not kept.
    """

    image: str
    caption: str | None
    split: str = ""
    name: str = ""
    refusal: str = ""


def plain(name: object) -> str:
    """Bring a column's name into the form in which names are compared."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def find_name(names: Iterable[Any], wanted: Iterable[str]) -> Any:
    """First of the wanted names that is there, as it is written there; None where none is."""
    held: dict[str, Any] = {}
    for name in names:
        held.setdefault(plain(name), name)
    return next((held[name] for name in wanted if name in held), None)


def record_rows(where: str, record: object) -> Iterator[Row]:
    """Rows of an object with a key for the image and one for its caption or captions.

    Raises:
        DataError: it is no such object.
    """
    if not isinstance(record, Mapping):
        raise DataError(f"{where}: must be an object with a key image and a key caption, got {_short(record)}")
    image, caption = find_name(record, IMAGE_NAMES), find_name(record, CAPTION_NAMES)
    for key, what in ((image, "image"), (caption, "caption")):
        if key is None:
            held = ", ".join(map(str, record))[:200] or "none"
            raise DataError(f"{where}: must be an object with a key {what}, got the keys {held}; rename the right one")
    split = find_name(record, SPLIT_NAMES)
    yield from rows_of(where, record[image], record[caption], "" if split is None else record[split])


def rows_of(where: str, image: object, caption: object, split: object = "") -> Iterator[Row]:
    """Rows of an image's name and what stands in its caption: text, null, or a list of them.

    Raises:
        DataError: the name is no name, or the caption no text.
    """
    side, texts = split.strip() if isinstance(split, str) else "", caption_texts(where, caption)
    if image is None or (isinstance(image, str) and not image.strip()):
        if not any(text and text.strip() for text in texts):
            raise DataError(_no_name(where, image))
        for text in texts:
            yield Row("", text, side, where.rpartition(", ")[2], _no_name(where, image))
        return
    name = image_name(where, image)
    for text in texts:
        yield Row(name, text, side)


def image_name(where: str, value: object) -> str:
    """Name of an image: text, or a number as it is written; 7.0 is 7.

    Raises:
        DataError: neither.
    """
    if isinstance(value, Mapping):  # an image of Hugging Face, or of a list of annotations
        value = value.get("path", value.get("file_name", value.get("filename")))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 64:
        return str(value)
    if isinstance(value, str) and value.strip() and "\0" not in value:
        return value.strip()
    raise DataError(_no_name(where, value))


def _no_name(where: str, value: object) -> str:
    return f"{where}: image must be a name or a number, got {_short(value)}"


def caption_texts(where: str, value: object) -> list[str | None]:
    """Captions that a value holds; None stands for null.

    Raises:
        DataError: something in it is no text.
    """
    if value is None or (isinstance(value, float) and value != value):
        return [None]
    if isinstance(value, str):
        return list(_list_in_text(where, value))
    if isinstance(value, (list, tuple)):
        return [
            text for entry in value for text in ([entry] if isinstance(entry, str) else caption_texts(where, entry))
        ]
    if isinstance(value, Mapping):
        key = find_name(value, ("raw", *CAPTION_NAMES))
        if key is not None and (value[key] is None or isinstance(value[key], str)):
            return [value[key]]
    raise DataError(f"{where}: caption must be text or a list of texts, got {_short(value)}")


def _list_in_text(where: str, text: str) -> Iterator[str]:
    """A list written into a cell (``["a", "b"]``) is that list; anything else is the text itself."""
    inside = text.strip()
    if not inside.startswith("["):
        yield text
    elif _LIST.fullmatch(inside):
        try:
            yield from parse_json(inside)
        except ValueError:
            try:
                yield from ast.literal_eval(inside)
            except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
                raise DataError(f"{where}: the list of captions cannot be read: {one_line(error)}") from error
    elif _LOOKS_LIKE_LIST.fullmatch(inside):
        raise DataError(
            f"{where}: the caption looks like a list but cannot be read as one: {inside[:100]!r}; write it as JSON,"
            ' ["one", "two"]'
        )
    else:
        yield text


def _short(value: object) -> str:
    said = repr(value)
    return said if len(said) <= 100 else said[:99] + "…"
