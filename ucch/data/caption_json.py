"""Captions in JSON: COCO, Karpathy's splits, lists of records, names with texts, columns; or a record per line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import DataError
from ..plain_json import one_line, parse_json
from ..text_lines import split_lines
from .caption_records import CAPTION_NAMES, IMAGE_NAMES, Row, find_name, image_name, record_rows, rows_of
from .left_out import LeftOut

__all__ = ["JSON_LAYOUTS", "JsonLayout", "json_line_rows", "json_rows"]

NOT_LISTED = "captions of images that the file does not list"


class JsonLayout(NamedTuple):
    """A layout of JSON: what it is called, whether content has it, and its rows."""

    name: str
    fits: Callable[[Any], bool]
    rows: Callable[[str, Any, LeftOut], Iterator[Row]]


def json_rows(path: Path, text: str, left_out: LeftOut) -> Iterator[Row]:
    """Rows of a JSON file by the first layout that fits; a file of several values is one of lines.

    Raises:
        DataError: not JSON, or in none of the layouts; the message names the layout and what is wrong there.
    """
    try:
        content = parse_json(text)
    except ValueError as error:
        if len(split_lines(text.strip())) > 1 and _is_json(split_lines(text.strip())[0]):
            return json_line_rows(path, text, left_out)
        raise DataError(f"{path} is not JSON: {one_line(error)}") from error
    for layout in JSON_LAYOUTS:
        if layout.fits(content):
            return layout.rows(f"{path}, read as {layout.name}", content, left_out)
    held = (
        f"the keys {', '.join(map(str, content))[:200] or 'none'}" if isinstance(content, dict) else "no list of them"
    )
    raise DataError(
        f"{path} is in none of the layouts {', '.join(layout.name for layout in JSON_LAYOUTS)}; it has {held}."
        ' Write it as [{"image": "a.jpg", "caption": "a dog"}, ...]'
    )


def json_line_rows(path: Path, text: str, left_out: LeftOut) -> Iterator[Row]:
    """Rows of a file with an object per line.

    Raises:
        DataError: a line is none; the message has its number.
    """
    for number, line in enumerate(split_lines(text), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            entry = parse_json(line)
        except ValueError as error:
            raise DataError(f"{where}: not JSON: {one_line(error)}") from error
        yield from record_rows(where, entry)


def _is_json(line: str) -> bool:
    try:
        return isinstance(parse_json(line), dict)
    except ValueError:
        return False


def _records_of(content: Any, key: str) -> list[Any] | None:
    entries = content.get(key) if isinstance(content, dict) else None
    return entries if isinstance(entries, list) else None


def _is_karpathy(content: Any) -> bool:
    images = _records_of(content, "images")
    return bool(images) and isinstance(images[0], dict) and "sentences" in images[0]  # type: ignore[index]


def _karpathy(where: str, content: Any, left_out: LeftOut) -> Iterator[Row]:
    for number, entry in enumerate(content["images"]):
        place = f"{where}, images[{number}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("sentences"), list):
            raise DataError(f"{place}: must have filename and a list of sentences")
        name = image_name(place, entry.get("filename", entry.get("file_name")))
        folder = entry.get("filepath")
        full = f"{folder}/{name}" if isinstance(folder, str) and folder else name
        yield from rows_of(place, full, entry["sentences"], entry.get("split", ""))


def _coco(where: str, content: Any, left_out: LeftOut) -> Iterator[Row]:
    annotations = _records_of(content, "annotations")
    if annotations is None:
        raise DataError(f"{where}: must have a list of annotations with image_id and caption beside its images")
    names: dict[str, tuple[str, Any]] = {}
    for number, entry in enumerate(content["images"]):
        place = f"{where}, images[{number}]"
        file = find_name(entry, ("filename", *IMAGE_NAMES[:-4])) if isinstance(entry, dict) else None
        if file is None or "id" not in entry:
            raise DataError(f"{place}: must have id and file_name")
        key, name = image_name(f"{place}, id", entry["id"]), image_name(place, entry[file])
        if names.setdefault(_id(key), (name, entry.get("split", "")))[0] != name:
            raise DataError(
                f"{place}: the image id {key} is that of {names[_id(key)][0]} and of {name}; give each its own"
            )
    for number, entry in enumerate(annotations):
        place = f"{where}, annotations[{number}]"
        caption = find_name(entry, CAPTION_NAMES) if isinstance(entry, dict) else None
        if caption is None or "image_id" not in entry:
            raise DataError(f"{place}: must have image_id and caption")
        key = image_name(f"{place}, image_id", entry["image_id"])
        if _id(key) not in names:
            left_out.add(NOT_LISTED, key)
            continue
        name, split = names[_id(key)]
        yield from rows_of(place, name, entry[caption], split)


def _id(name: str) -> str:
    """Ids are compared as text; 7, 7.0 and "7" are one."""
    return name.removesuffix(".0") if name.removesuffix(".0").isdecimal() else name


def _records(where: str, content: Any, left_out: LeftOut) -> Iterator[Row]:
    if _is_record(content):
        yield from record_rows(where, content)
        return
    key = "" if isinstance(content, list) else next(key for key in ("data", "annotations") if key in content)
    for number, entry in enumerate(content if isinstance(content, list) else content[key]):
        place = f"{where}, {key}[{number}]"
        if isinstance(entry, list) and len(entry) == 2:
            yield from rows_of(place, entry[0], entry[1])
        else:
            yield from record_rows(place, entry)


def _is_record(content: Any) -> bool:
    image = find_name(content, IMAGE_NAMES) if isinstance(content, dict) else None
    return isinstance(image, str) and isinstance(content[image], str) and find_name(content, CAPTION_NAMES) is not None


def _columns(where: str, content: Any, left_out: LeftOut) -> Iterator[Row]:
    image, caption = content[find_name(content, IMAGE_NAMES)], content[find_name(content, CAPTION_NAMES)]
    if type(image) is not type(caption) or len(image) != len(caption):
        raise DataError(f"{where}: the columns must have one entry per row, got {len(image)} and {len(caption)}")
    if isinstance(image, dict) and list(image) != list(caption):
        raise DataError(f"{where}: the columns must name the same rows")
    pairs = zip(
        *((column.values() if isinstance(column, dict) else column) for column in (image, caption)), strict=True
    )
    for number, (name, text) in enumerate(pairs):
        yield from rows_of(f"{where}, row {number}", name, text)


def _is_columns(content: Any) -> bool:
    if not isinstance(content, dict):
        return False
    image, caption = find_name(content, IMAGE_NAMES), find_name(content, CAPTION_NAMES)
    return None not in (image, caption) and all(isinstance(content[name], (list, dict)) for name in (image, caption))


def _mapping(where: str, content: Any, left_out: LeftOut) -> Iterator[Row]:
    for name, texts in content.items():
        yield from rows_of(f"{where}, key {name[:100]!r}", name, texts)


JSON_LAYOUTS = (
    JsonLayout("Karpathy's dataset_*.json", _is_karpathy, _karpathy),
    JsonLayout(
        "COCO's JSON",
        lambda content: _records_of(content, "images") is not None,
        _coco,
    ),
    JsonLayout(
        "a list of records",
        lambda content: (
            (isinstance(content, list) and bool(content))
            or _is_record(content)
            or _records_of(content, "data") is not None
            or _records_of(content, "annotations") is not None
        ),
        _records,
    ),
    JsonLayout("an object of columns", _is_columns, _columns),
    JsonLayout(
        "an object of names with texts",
        lambda content: (
            isinstance(content, dict)
            and bool(content)
            and all("." in name and isinstance(texts, (str, list)) for name, texts in content.items())
        ),
        _mapping,
    ),
)
