"""Pictures in tables: Parquet of Hugging Face and img2dataset, and folders that ``datasets`` saved to disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..extras import require
from ..plain_json import one_line, parse_json
from .stored import TableRow

__all__ = ["Table", "image_tables", "is_saved_dataset", "open_table", "read_group", "table_files", "table_layout"]

ARROW_MARK = b"\xff\xff\xff\xff"
PICTURES = ("image", "jpg", "jpeg", "png", "webp", "img", "picture", "photo", "imagebytes", "bytes")
KEYS = ("key", "__key__", "filename", "file_name", "image_id", "img_id", "id")
_SHARD = re.compile(r"([A-Za-z]+)-\d+-of-\d+")  # a part of a split, as Hugging Face names it
_MOST = 1 << 31  # bytes of one group of rows, which is read whole


@dataclass(frozen=True)
class Table:
    """A table with a column of pictures.

    Args:
        path: the file.
        column: the column of pictures.
        groups: rows of each group that is read at a time.
        names: all columns.
        split: what its place says of its split; may be empty.
    """

    path: Path
    column: str
    groups: tuple[int, ...]
    names: tuple[str, ...]
    split: str

    def column_values(self, name: str) -> list[Any]:
        """All values of a column that holds no pictures.

        Raises:
            DataError: the file is damaged.
        """
        groups = (read_group(self.path, name, group) for group in range(len(self.groups)))
        return [value for values in groups for value in _plain(self.path, name, values)]

    def rows(self) -> list[TableRow]:
        """Every row, named by its path in the picture, by a column of keys, or by file and number."""
        keys = next((name for name in KEYS if name in self.names), None)
        named = self.column_values(keys) if keys else self._paths()
        if not all(isinstance(name, (str, int)) and str(name) for name in named) or len(set(named)) < len(named):
            named = [f"{self.split or self.path.stem}/{row}" for row in range(sum(self.groups))]
        places = [(group, row) for group, n_rows in enumerate(self.groups) for row in range(n_rows)]
        return [TableRow(self.path, str(name), self.column, *place) for name, place in zip(named, places, strict=True)]

    def _paths(self) -> list[Any]:
        paths: list[Any] = []
        for group in range(len(self.groups)):
            values = read_group(self.path, self.column, group)
            has_path = _is_struct(values.type) and values.type.get_field_index("path") >= 0
            paths += _plain(self.path, "path", values.field("path")) if has_path else [None] * len(values)
        return paths


def _plain(path: Path, name: str, values: Any) -> list[Any]:
    try:
        return list(values.to_pylist())
    except (ValueError, OverflowError) as error:  # text that is no UTF-8, a date that no calendar has
        raise DataError(f"{path} is damaged: column {name} cannot be read: {one_line(error)}") from error


def is_saved_dataset(path: Path) -> bool:
    """Whether a folder is one that ``datasets`` saved to disk, with its splits or without."""
    return (path / "dataset_dict.json").is_file() or (
        (path / "state.json").is_file() and (path / "dataset_info.json").is_file()
    )


def image_tables(path: Path) -> list[Table]:
    """The tables of pictures that a path means: a file, a saved data set, or the Parquet files of a folder.

    Raises:
        DataError: damaged.
        MissingPackageError: pyarrow is not installed.
    """
    tables = [open_table(file, split) for file, split in table_files(path)]
    return [table for table in tables if table is not None]


def table_files(path: Path) -> list[tuple[Path, str]]:
    """The files that a path means, a file, a saved data set or the Parquet files of a folder, and the split of each.

    Raises:
        DataError: the list of splits is damaged.
    """
    if path.is_file():
        return [(path, "")]
    if is_saved_dataset(path):
        return list(_saved_files(path))
    found = sorted(path.glob("*.parquet")) or sorted(path.glob("data/*.parquet"))
    return [(file, "") for file in found if file.is_file()]


def _saved_files(path: Path) -> Iterator[tuple[Path, str]]:
    listed = path / "dataset_dict.json"
    if listed.is_file():
        try:
            content = parse_json(listed.read_bytes())
            splits = [str(split) for split in content["splits"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{listed} does not list the splits of a saved data set: {one_line(error)}") from error
        if any(Path(split).name != split for split in splits):
            raise DataError(f"{listed} lists a split that is no name of a folder")
        for split in splits:
            yield from ((file, split) for file, _ in _saved_files(path / split))
    else:
        yield from ((file, "") for file in sorted(path.glob("*.arrow")))


def open_table(path: Path, split: str = "") -> Table | None:
    """Look at a Parquet or Arrow file; None where it has no column of pictures.

    Raises:
        DataError: damaged, or a group of its rows is over 2 GiB.
        MissingPackageError: pyarrow is not installed.
    """
    schema, groups = table_layout(path)
    column = _picture_column(require("pyarrow", extra="data", need="a table of pictures"), schema)
    if column is None:
        return None
    shard = _SHARD.match(path.stem)
    return Table(path, column, tuple(groups), tuple(schema.names), split or (shard[1] if shard else ""))


def table_layout(path: Path) -> tuple[Any, list[int]]:
    """The Arrow schema of a Parquet or Arrow file, and the rows of each group; raises as :func:`open_table`."""
    arrow = require("pyarrow", extra="data", need="a table of pictures")
    try:
        if _is_arrow(path):
            batches = _batches(path)
            schema, groups = batches[0].schema if batches else arrow.schema([]), [len(batch) for batch in batches]
        else:
            parquet = require("pyarrow.parquet", extra="data", need="a table of pictures")
            with parquet.ParquetFile(path) as file:
                schema, meta = file.schema_arrow, file.metadata
            groups = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
            largest = max((meta.row_group(g).total_byte_size for g in range(meta.num_row_groups)), default=0)
            if largest > _MOST or max(groups, default=0) > 8 * max(1, path.stat().st_size):
                raise DataError(f"{path} has a group of rows of {largest:,} bytes; write it in smaller row groups")
    except (OSError, ValueError, TypeError, KeyError, MemoryError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as a table: {one_line(error)}") from error
    return schema, groups


def read_group(path: Path, column: str, group: int) -> Any:
    """One column of one group of rows, as an Arrow array.

    Raises:
        DataError: damaged.
    """
    arrow = require("pyarrow", extra="data", need="a table of pictures")
    try:
        if _is_arrow(path):
            values = _batches(path)[group].column(column)
            values.validate(full=True)  # Arrow believes what a file says of lengths and places
            return values
        parquet = require("pyarrow.parquet", extra="data", need="a table of pictures")
        with parquet.ParquetFile(path) as file:
            return file.read_row_group(group, columns=[column])[column].combine_chunks()
    except (OSError, ValueError, TypeError, KeyError, MemoryError, SystemError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as a table: {one_line(error)}") from error


def _is_arrow(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(4) == ARROW_MARK


def _batches(path: Path) -> list[Any]:
    """Record batches of an Arrow stream, mapped, so that only what is looked at is read."""
    arrow = require("pyarrow", extra="data", need="a table of pictures")
    with arrow.memory_map(str(path)) as source, arrow.ipc.open_stream(source) as reader:
        return list(reader)


def _picture_column(arrow: Any, schema: Any) -> str | None:
    plain = {name.lower().replace("_", ""): name for name in schema.names}
    structs = [field.name for field in schema if _is_struct(field.type) and field.type.get_field_index("bytes") >= 0]
    named = [plain[name] for name in PICTURES if name in plain and _is_binary(arrow, schema.field(plain[name]).type)]
    return next(iter(structs + named), None)


def _is_struct(form: Any) -> bool:
    return bool(form.num_fields) and hasattr(form, "get_field_index")


def _is_binary(arrow: Any, form: Any) -> bool:
    return bool(arrow.types.is_binary(form) or arrow.types.is_large_binary(form))
