"""Files that are shards of a stream: rows to train on, and nothing beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..extras import require
from ..plain_json import one_line
from .archives import ARCHIVE_SUFFIXES, open_archive
from .arrays import FeatureArray
from .item_files import check_slips, view_names
from .item_parquet import list_columns
from .items import ALONE, TAKEN, TAKEN_ENDS, Items
from .npy import map_npy
from .npz import DESCRIPTIVE, pairs_of_arrays
from .parquet import check_declared, column_matrix
from .split_names import TRAIN_SPLITS

__all__ = ["SHARD_READERS", "read_shard"]

_OF_PAIRS = ("image_of_text", "image_seen", "text_seen")


def read_shard(path: Path, *, one_sided: str = "refuse") -> Items:
    """Read a file of features as a shard.

    * ``.npz``, ``.safetensors``, ``.pt``, ``.h5``: arrays ``NAME_train`` (n, d), or, in a file that has none, ``NAME``;
      with ``image`` and ``text`` also ``image_of_text``, ``image_seen`` and ``text_seen``, as of
      :func:`~ucch.data.load_npz`. Labels, queries and a database are passed over and not read.
    * ``.parquet``: columns of lists of numbers, a row a pair; where there is a column ``split``, its training rows.
    * ``.npy``: (n, d), one view, called ``features``; mapped, so that rows are read as they are used.

    Args:
        path: the file.
        one_sided: ``refuse`` or ``drop``, what becomes of pairs that lack a side.

    Returns:
        The rows: :class:`~ucch.data.Pairs` where the views are image and text.

    Raises:
        DataError: the file is missing or damaged, has another ending, or holds no view, or values that are not finite.
        MissingPackageError: it is Parquet, and pyarrow is not installed.
    """
    reader = SHARD_READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path} must end in {', '.join(SHARD_READERS)}, as a shard does; write its features anew")
    try:
        split, arrays = reader(path)
        views = {name: rows for name, rows in arrays.items() if name not in _OF_PAIRS}
        if set(views) == {"image", "text"}:
            return pairs_of_arrays(arrays, split=split, one_sided=one_sided)
        return Items(views, split=split)
    except DataError as error:
        raise error if str(path) in str(error) else DataError(f"{path}: {error}") from None


def _archive(path: Path) -> tuple[str, dict[str, FeatureArray]]:
    with open_archive(path) as archive:
        split, names = "train", view_names(archive.names)
        if not names:
            split = ""
            others = (*TAKEN, *DESCRIPTIVE)
            names = [name for name in archive.names if name not in others and not name.endswith(TAKEN_ENDS)]
        if not names:
            raise DataError(f"holds no view, NAME_train or NAME, got {', '.join(archive.names) or 'no array'}")
        if len(names) > 1:
            check_slips(names)
        ending = f"_{split}" if split else ""
        beside = _OF_PAIRS if set(names) == {"image", "text"} else ()
        there = [name for name in (*names, *beside) if name + ending in archive.names]
        return split, {name: archive.read(name + ending) for name in there}


def _npy(path: Path) -> tuple[str, Mapping[str, FeatureArray]]:
    return "", {ALONE: map_npy(path)}


def _parquet(path: Path) -> tuple[str, Mapping[str, FeatureArray]]:
    arrow = require("pyarrow", extra="data", need="a Parquet file")
    parquet = require("pyarrow.parquet", extra="data", need="a Parquet file")
    try:
        with parquet.ParquetFile(path) as file:
            views = list_columns(arrow, file.schema_arrow)
            if not views:
                raise DataError(f"holds no column of lists of numbers, got {', '.join(file.schema_arrow.names)[:500]}")
            check_declared(path, file)
            told = [name for name in ("split",) if name in file.schema_arrow.names]
            table = file.read(columns=[*views, *told])
        if told:
            table = table.filter(_trains(arrow, table["split"]))
    except DataError:
        raise
    except (OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {one_line(error)}") from error
    strict = set(views) != {"image", "text"}
    return "", {name: column_matrix(path, table, name, strict=strict) for name in views}


def _trains(arrow: Any, column: Any) -> Any:
    """Which rows train, by their split; a part without any is refused."""
    names = column.to_pylist()
    rows = [isinstance(name, str) and name.strip().lower() in TRAIN_SPLITS for name in names]
    if not any(rows):
        found = ", ".join(sorted({str(name) for name in names})[:10]) or "no row"
        raise DataError(f"column split must have training rows ({', '.join(TRAIN_SPLITS)}), got {found}; leave it out")
    return arrow.array(rows)


SHARD_READERS: dict[str, Callable[[Path], tuple[str, Mapping[str, Any]]]] = {
    **dict.fromkeys(ARCHIVE_SUFFIXES, _archive),
    ".npy": _npy,
    ".parquet": _parquet,
}
