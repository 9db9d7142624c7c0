"""Features as one Parquet file, a row per caption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..extras import require
from ..plain_json import one_line
from .dataset import PairedDataset
from .pairs import Pairs
from .sizes import check_size

__all__ = ["load_parquet"]

_COLUMNS = ("split", "image_id", "text_id", "image", "text")
_VALUE_BYTES = 8  # of a value in memory, at most, texts aside


def load_parquet(path: Path) -> PairedDataset:
    """Read a paired data set from a Parquet file, as ``ucch extract`` writes it: a row per caption.

    Columns: ``split`` (``train`` or ``query``), ``image_id``, ``text_id``, and ``image`` and ``text``, lists of numbers
    of one length each. Rows of one ``image_id`` are captions of one image; the first one's features are taken.

    Raises:
        DataError: the file is damaged or has other columns.
        MissingPackageError: pyarrow is not installed.
    """
    arrow = require("pyarrow", extra="data", need="a Parquet file")
    parquet = require("pyarrow.parquet", extra="data", need="a Parquet file")
    if not path.is_file():
        raise DataError(f"{path} cannot be read as Parquet: it is not a file")
    try:
        with parquet.ParquetFile(path) as file:
            _check(path, file)
            table = file.read(columns=list(_COLUMNS))
        words = {name: table[name].to_pylist() for name in _COLUMNS[:3]}
    except DataError:
        raise
    except (OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {one_line(error)}") from error
    for name, column in words.items():
        if not all(isinstance(word, str) for word in column):
            raise DataError(f"{path}: column {name} must hold texts")
    side = np.array(words["split"])
    pairs = {}
    for split in ("train", "query"):
        rows = np.flatnonzero(side == split)
        if len(rows) == 0:
            raise DataError(f"{path} has no row of the split {split!r}")
        part = table.take(rows)
        ids = np.array(words["image_id"])[rows]
        _, first, item = np.unique(ids, return_index=True, return_inverse=True)
        order = np.argsort(np.argsort(first))  # images in the order of their first caption
        image, text = (_matrix(path, part, kind) for kind in ("image", "text"))
        one_each = len(first) == part.num_rows
        try:
            pairs[split] = Pairs(
                image[np.sort(first)], text, split=split, image_of_text=None if one_each else order[item]
            )
        except DataError as error:
            raise DataError(f"{path}: {error}") from None
    return PairedDataset(path.stem, pairs["train"], pairs["query"])


def _check(path: Path, file: Any) -> None:
    """Columns there, once each, and no larger than the file can honestly say."""
    names, meta = file.schema_arrow.names, file.metadata
    missing = [name for name in _COLUMNS if names.count(name) != 1]
    if missing:
        raise DataError(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(names)[:500]}")
    declared = 0
    for group in range(meta.num_row_groups):
        row_group = meta.row_group(group)
        for column in range(row_group.num_columns):
            chunk = row_group.column(column)
            declared += max(0, chunk.total_uncompressed_size, _VALUE_BYTES * chunk.num_values)
    check_size(path, "its columns", declared)
    check_size(path, "its rows", _VALUE_BYTES * meta.num_rows)


def _matrix(path: Path, part: Any, kind: str) -> npt.NDArray[np.float32]:
    column = part[kind].combine_chunks()
    try:
        flat = column.flatten().to_numpy(zero_copy_only=False)
        with np.errstate(over="ignore"):  # what does not fit into float32 is refused as not finite
            return np.ascontiguousarray(flat.reshape(part.num_rows, -1), dtype=np.float32)
    except (AttributeError, ValueError, TypeError) as error:
        raise DataError(f"{path}: column {kind} must hold lists of numbers of one length: {error}") from error
