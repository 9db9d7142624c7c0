"""Packed codes with their ids on disk: ``.npy`` beside a list of ids, or one Parquet file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..codes import PackedCodes
from ..errors import DataError
from ..extras import require
from ..files import write_atomically

__all__ = ["check_new", "ids_path", "write_codes"]


def ids_path(path: Path) -> Path:
    """Where the ids of the codes in ``path`` stand: ``photos.npy`` has ``photos.ids.txt``, an id per line."""
    return path.with_suffix(".ids.txt")


def check_new(path: Path) -> None:
    """Refuse a place for codes before any work is done.

    Raises:
        DataError: the ending is neither ``.npy`` nor ``.parquet``, the folder is missing, or a file is there.
    """
    if path.suffix not in (".npy", ".parquet"):
        raise DataError(f"{path} must end in .npy or .parquet")
    if not path.parent.is_dir():
        raise DataError(f"folder {path.parent} does not exist")
    for file in (path, ids_path(path)) if path.suffix == ".npy" else (path,):
        if file.exists():
            raise DataError(f"{file} exists; choose another name")


def write_codes(path: Path, codes: PackedCodes, ids: Sequence[str], *, n_bits: int, modality: str) -> None:
    """Write packed codes and the id of each row.

    ``.npy`` holds the (n, ceil(D/8)) uint8 array and has the ids beside it, an id per line. ``.parquet`` has columns
    ``id`` (string) and ``code`` (fixed-size binary), with ``n_bits`` and ``modality`` in the file's metadata.

    Raises:
        DataError: the place is refused by :func:`check_new`, or an id holds a line break and the form is ``.npy``.
        MissingPackageError: pyarrow is not installed.
    """
    check_new(path)
    if path.suffix == ".npy":
        broken = next((name for name in ids if len(name.splitlines()) != 1), None)
        if broken is not None:
            raise DataError(f"id {broken!r} must be one line of text; write .parquet to keep it")
        content = io.BytesIO()
        np.save(content, codes, allow_pickle=False)
        write_atomically(ids_path(path), "".join(f"{name}\n" for name in ids))
        write_atomically(path, content.getvalue())
        return
    arrow = require("pyarrow", extra="data", need="a Parquet file")
    parquet = require("pyarrow.parquet", extra="data", need="a Parquet file")
    width = codes.shape[1]
    packed = arrow.FixedSizeBinaryArray.from_buffers(
        arrow.binary(width), len(codes), [None, arrow.py_buffer(np.ascontiguousarray(codes))]
    )
    metadata = {"ucch.n_bits": str(n_bits), "ucch.modality": modality}
    table = arrow.table({"id": arrow.array(list(ids), arrow.string()), "code": packed}).replace_schema_metadata(
        metadata
    )
    sink = arrow.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    write_atomically(path, sink.getvalue().to_pybytes())
