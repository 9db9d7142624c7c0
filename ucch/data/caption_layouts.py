"""Which of the layouts a file or folder of captions has, and its rows by that one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import DataError
from ..files import check_regular
from ..images.image_tables import image_tables
from ..images.sources import ImageSource, find_images, open_images
from ..images.tar_shards import shards_of
from .caption_folders import folder_rows, shard_rows, table_of_pictures_rows
from .caption_json import json_line_rows, json_rows
from .caption_parquet import parquet_rows
from .caption_records import Row
from .caption_tables import table_rows
from .gzip_text import decoded, unpacked
from .left_out import LeftOut

__all__ = ["layout_rows"]

_PARQUET = b"PAR1"


def layout_rows(path: Path, images: Path, encoding: str | None, left_out: LeftOut, *, one_sided: bool) -> Iterable[Row]:
    """Rows by the first of the layouts that fits; arguments are those of :func:`~ucch.data.captions.read_captions`.

    Raises:
        DataError: the file is missing, in no layout, or in another encoding.
    """
    if not path.exists():
        raise DataError(f"captions {path} do not exist")
    if path.is_dir() or path.suffix.lower() == ".tar":
        source = find_images(path)
        if source.kind == "shards":
            return _named(shard_rows(shards_of(path), encoding, left_out, one_sided=one_sided), source)
        if source.kind == "table":
            return _pictured(path, source)
        return folder_rows(path, images, encoding, left_out, one_sided=one_sided)
    check_regular(path, DataError)
    content = unpacked(path)
    if content[:4] == _PARQUET or path.suffix.lower() == ".arrow":
        tables = image_tables(path)
        return _pictured(path, open_images(path)) if tables else parquet_rows(path)
    text = decoded(path, content, encoding)
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        return json_line_rows(path, text, left_out)
    if name.endswith(".json") or text.lstrip()[:1] in ("{", "["):
        return json_rows(path, text, left_out)
    return table_rows(path, text)


def _pictured(path: Path, source: ImageSource) -> Iterator[Row]:
    return table_of_pictures_rows(image_tables(path), source.names)


def _named(rows: Iterable[Row], source: ImageSource) -> Iterator[Row]:
    """Rows by the names of their source: keys alone where no two shards share one."""
    held = set(source.names)
    for row in rows:
        yield row if row.image in held else row._replace(image=row.image.partition("/")[2])
