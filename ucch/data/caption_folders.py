"""Captions beside pictures: a text per image in a folder, a member per key in shards, a column in tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from ..errors import DataError
from ..images.image_tables import Table
from ..images.sources import find_images, walk_files
from ..images.tar_shards import Sample, read_shard
from ..plain_json import parse_json
from ..text_lines import ForeignTextError, decode_text, split_lines
from .caption_records import CAPTION_NAMES, SPLIT_NAMES, Row, caption_texts, find_name, rows_of
from .left_out import LeftOut

__all__ = ["folder_rows", "shard_rows", "table_of_pictures_rows"]

NO_TEXT, NO_IMAGE = "pictures without a text", "texts without a picture"
ENDINGS = (".txt", ".caption")  # the first that is there counts
_MOST = 1 << 20  # bytes of a text beside a picture


def folder_rows(
    texts: Path, images: Path, encoding: str | None, left_out: LeftOut, *, one_sided: bool = False
) -> Iterator[Row]:
    """Rows of a folder with a text per picture: ``x.txt``, ``x.jpg.txt``, ``x.caption`` or ``x.jpg.caption``.

    A line is a caption. Where ``x.json`` lies beside with a ``caption``, as ``img2dataset`` writes it, that text is one
    caption however many lines it has, and stands in for a missing ``.txt``. With ``one_sided`` pictures without a text
    and texts without a picture are rows, too; else they are counted.

    Raises:
        DataError: a text cannot be read.
    """
    source = find_images(images)
    if source.kind != "folder":
        raise DataError(f"captions {texts} are a folder of texts, and images {images} no folder of files")
    held = set(walk_files(texts))
    used: set[str] = set()
    for image in source.names:
        stem = str(PurePosixPath(image).with_suffix(""))
        text = next((base + end for end in ENDINGS for base in (stem, image) if base + end in held), None)
        record = next((base + ".json" for base in (stem, image) if base + ".json" in held), None)
        used.update(name for name in (text, record) if name is not None)
        found = _texts_of(
            str(texts / (text or record or "")),
            None if text is None else _read(texts / text),
            None if record is None else _read(texts / record),
            encoding,
        )
        yield from _described(image, found, left_out, one_sided)
    for name in sorted(held - used):
        if name.endswith(ENDINGS):
            alone = _texts_of(str(texts / name), _read(texts / name), None, encoding) if one_sided else []
            yield from _alone(name, alone, left_out)


def shard_rows(
    shards: Sequence[Path], encoding: str | None, left_out: LeftOut, *, one_sided: bool = False
) -> Iterator[Row]:
    """Rows of webdataset's shards: the ``.txt`` or ``.caption`` of each key, or ``caption`` in its ``.json``.

    ``one_sided`` is that of :func:`folder_rows`.

    Raises:
        DataError: a shard is damaged, or a text cannot be read.
    """
    samples = ((shard, sample) for shard in shards for sample in read_shard(shard))
    for shard, sample in samples:
        text = _member(sample, "txt", "text", "caption")
        found = _texts_of(f"{shard}, key {sample.key}", text, _member(sample, "json"), encoding)
        if sample.image is not None:
            yield from _described(f"{shard.stem}/{sample.key}", found, left_out, one_sided, sample.key)
        elif found:
            yield from _alone(sample.key, found if one_sided else [], left_out)


def table_of_pictures_rows(tables: Sequence[Table], names: Sequence[str]) -> Iterator[Row]:
    """Rows of tables with pictures; ``names`` are those of the pictures, in order.

    Raises:
        DataError: a table has no column of captions, or one that holds no text.
    """
    place = 0
    for table in tables:
        others = [name for name in table.names if name != table.column]
        caption, split = find_name(others, CAPTION_NAMES), find_name(others, SPLIT_NAMES)
        if caption is None:
            raise DataError(
                f"{table.path} has pictures in {table.column} but no column of captions"
                f" ({', '.join(CAPTION_NAMES)}); it has {', '.join(others)[:200] or 'nothing else'}"
            )
        sides = [table.split] * sum(table.groups) if split is None else table.column_values(split)
        for text, side in zip(table.column_values(caption), sides, strict=True):
            yield from rows_of(f"{table.path}, row {place}", names[place], text, side)
            place += 1


def _described(
    image: str, found: list[str | None], left_out: LeftOut, one_sided: bool, name: str = ""
) -> Iterator[Row]:
    """Rows of a picture and its texts; one without any is a row with null if items of one side are kept."""
    if not found and not one_sided:
        left_out.add(NO_TEXT, name or image)
    for caption in found or [None] * one_sided:
        yield Row(image, caption)


def _alone(name: str, found: list[str | None], left_out: LeftOut) -> Iterator[Row]:
    """Rows of the texts of no picture; they are counted where none is to be kept."""
    if not found:
        left_out.add(NO_IMAGE, name)
    for caption in found:
        yield Row("", caption, name=name)


def _member(sample: Sample, *endings: str) -> bytes | None:
    part = next((sample.parts[ending] for ending in endings if ending in sample.parts), None)
    if part is None:
        return None
    if part.size > _MOST:
        raise DataError(f"{part} is no text beside a picture: it has {part.size:,} bytes")
    return part.read()


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST:
            raise DataError(f"{path} is no text beside a picture: it has {path.stat().st_size:,} bytes")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def _texts_of(where: str, text: bytes | None, record: bytes | None, encoding: str | None) -> list[str | None]:
    """Captions of one picture, from the bytes of its text and of its JSON."""
    lines: list[str | None] = []
    whole = ""
    if text is not None:
        try:
            whole = decode_text(text, encoding)
        except ForeignTextError as error:
            raise DataError(f"{where} cannot be read: {error}; give --encoding, or save it as UTF-8") from error
        lines = list(split_lines(whole))
    if record is None or (text is not None and len(lines) < 2):
        return lines
    try:
        content = parse_json(record)
    except ValueError:
        return lines  # not ours: pictures have other JSON beside them too
    key = find_name(content, CAPTION_NAMES) if isinstance(content, dict) else None
    if key is None or (text is not None and content[key] != whole):
        return lines
    return [whole] if text is not None else caption_texts(where, content[key])
