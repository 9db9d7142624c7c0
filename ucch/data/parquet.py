"""Features as one Parquet file, a row per caption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..extras import require
from .dataset import PairedDataset
from .pairs import Pairs

__all__ = ["load_parquet"]

_COLUMNS = ("split", "image_id", "text_id", "image", "text")


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
    try:
        table = parquet.read_table(path)
    except (OSError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}") from error
    missing = [name for name in _COLUMNS if name not in table.column_names]
    if missing:
        raise DataError(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(table.column_names)}")
    side = np.array(table["split"].to_pylist())
    pairs = {}
    for split in ("train", "query"):
        part = table.take(np.flatnonzero(side == split))
        if part.num_rows == 0:
            raise DataError(f"{path} has no row of the split {split!r}")
        _, first, item = np.unique(np.array(part["image_id"].to_pylist()), return_index=True, return_inverse=True)
        order = np.argsort(np.argsort(first))  # images in the order of their first caption
        image, text = (_matrix(path, part, kind) for kind in ("image", "text"))
        one_each = len(first) == part.num_rows
        pairs[split] = Pairs(image[np.sort(first)], text, split=split, image_of_text=None if one_each else order[item])
    return PairedDataset(path.stem, pairs["train"], pairs["query"])


def _matrix(path: Path, part: Any, kind: str) -> npt.NDArray[np.float32]:
    column = part[kind].combine_chunks()
    try:
        flat = column.flatten().to_numpy(zero_copy_only=False)
        return np.ascontiguousarray(flat.reshape(part.num_rows, -1), dtype=np.float32)
    except (AttributeError, ValueError) as error:
        raise DataError(f"{path}: column {kind} must hold lists of numbers of one length: {error}") from error
