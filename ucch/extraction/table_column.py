"""A column of a table on disk, a folder that ``datasets`` saved or Parquet: pictures, texts or features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.arrays import FeatureArray
from ..data.caption_records import CAPTION_NAMES, find_name
from ..data.left_out import LeftOut
from ..data.parquet_lists import list_matrix
from ..errors import DataError
from ..images.image_tables import KEYS, open_table, read_group, table_files, table_layout
from ..plain_json import one_line
from .feature_file import FeatureFile, regrouped

__all__ = ["TableColumn", "TableFeatures", "open_column"]

FEATURES = ("features", "embedding", "embeddings", "vector")


@dataclass(frozen=True)
class TableColumn:
    """A column over the files of a table.

    Args:
        path: what was asked for.
        name: of the column.
        kind: ``images``, ``texts`` or ``features``.
        parts: each file with its split and the rows of its groups.
        keys: the column of ids; rows are numbered where there is none.
    """

    path: Path
    name: str
    kind: str
    parts: tuple[tuple[Path, str, tuple[int, ...]], ...]
    keys: str | None

    def pieces(self) -> Iterator[tuple[Any, list[str]]]:
        """Its values, an Arrow array for each group of rows, and their ids."""
        several, first = len({split for _, split, _ in self.parts}) > 1, 0
        for path, split, groups in self.parts:
            for group, n_rows in enumerate(groups):
                values = read_group(path, self.name, group)
                ids: Sequence[Any] = range(first, first + n_rows)
                if self.keys is not None:
                    ids = _listed(path, self.keys, read_group(path, self.keys, group))
                first += n_rows
                yield values, [f"{split}/{one}" if several else str(one) for one in ids]

    def texts(self, left_out: LeftOut) -> tuple[list[str], list[str]]:
        """The texts and their ids; those without text are left out and counted.

        Raises:
            DataError: damaged, or there is no text.
        """
        texts: list[str] = []
        ids: list[str] = []
        for values, names in self.pieces():
            for text, name in zip(_listed(self.path, self.name, values), names, strict=True):
                if text is None or not text.strip():
                    left_out.add("rows without text", name)
                else:
                    texts.append(text.strip())
                    ids.append(name)
        if not texts:
            raise DataError(f"{self.path}: column {self.name} holds no text")
        return texts, ids


class TableFeatures(FeatureFile):
    """The features of a column, a few rows at a time.

    Args:
        column: of kind ``features``.
    """

    def __init__(self, column: TableColumn) -> None:
        self.path, self.column = column.path, column
        self.n_rows = sum(sum(groups) for _, _, groups in column.parts)

    def batches(self, rows: int) -> Iterator[tuple[FeatureArray, Sequence[str]]]:
        return regrouped(self._pieces(), rows)

    def _pieces(self) -> Iterator[tuple[FeatureArray, Sequence[str]]]:
        first, said = 0, f"{self.path}: column {self.column.name}"
        for values, ids in self.column.pieces():
            if len(ids):
                yield list_matrix(values, said, first_row=first), ids
            first += len(ids)


def open_column(path: str | Path, modality: str | None = None, name: str | None = None) -> TableColumn:
    """Choose the column of a table that is to be encoded, without reading its rows.

    Args:
        path: a folder that ``datasets`` saved, with its splits or without; a Parquet or Arrow file; a folder of
            Parquet files.
        modality: what the column holds, ``image`` or ``text``.
        name: of the column. By default, in this order: pictures, unless texts are asked for; texts in a column of a
            usual name, unless images are; lists of numbers in a column called as the modality, ``features``,
            ``embedding``, ``embeddings`` or ``vector``.

    Raises:
        DataError: there is no table, none or no such column, one of another kind, or tables that differ.
        MissingPackageError: pyarrow is not installed.
    """
    path = Path(path)
    files = table_files(path) if path.exists() else []
    if not files:
        raise DataError(f"{path} is no folder that datasets saved and holds no Parquet file")
    layouts = [(file, split, *table_layout(file)) for file, split in files]
    schema = layouts[0][2]
    pictures = open_table(files[0][0])
    chosen = name or _chosen(schema, None if pictures is None else pictures.column, modality)
    for file, _, other, _ in layouts:
        if chosen is None or chosen not in other.names:
            wanted = f"the column {chosen}" if chosen else "a column of pictures, texts or features"
            raise DataError(f"{file} must have {wanted}, it has {', '.join(other.names)[:300]}; name it with --column")
    kind = "images" if pictures is not None and chosen == pictures.column else _kind(schema.field(chosen).type)
    if kind is None or (kind, modality) in (("images", "text"), ("texts", "image")):
        raise DataError(
            f"{path}: column {chosen} holds {schema.field(chosen).type}, which is no"
            f" {'picture' if modality == 'image' else 'text' if modality == 'text' else 'picture, text'} and no list of"
            " numbers; name another column"
        )
    keys = next((key for key in (f"{modality}_id", *KEYS) if key in schema.names and key != chosen), None)
    parts = tuple((file, split, tuple(groups)) for file, split, _, groups in layouts)
    return TableColumn(path, str(chosen), kind, parts, keys)


def _chosen(schema: Any, pictures: str | None, modality: str | None) -> str | None:
    if pictures is not None and modality != "text":
        return pictures
    texts = [name for name in schema.names if _kind(schema.field(name).type) == "texts"]
    if modality != "image" and (found := find_name(texts, CAPTION_NAMES)) is not None:
        return str(found)
    lists = [name for name in schema.names if _kind(schema.field(name).type) == "features"]
    return next((name for name in (modality, *FEATURES) if name in lists), None)


def _kind(form: Any) -> str | None:
    said, values = str(form), str(getattr(form, "value_type", ""))
    if said in ("string", "large_string", "string_view"):
        return "texts"
    numbers = values.startswith(("float", "double", "halffloat", "int", "uint", "bool"))
    return "features" if numbers and "list" in said else None


def _listed(path: Path, name: str, values: Any) -> list[Any]:
    try:
        return list(values.to_pylist())
    except (ValueError, OverflowError) as error:  # text that is no UTF-8
        raise DataError(f"{path} is damaged: column {name} cannot be read: {one_line(error)}") from error
