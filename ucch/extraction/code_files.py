"""Packed codes with their ids on disk: ``.npy`` beside a list of ids, or one Parquet file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..codes import PackedCodes, n_bytes
from ..errors import DataError
from ..extras import require
from ..files import replacing
from ..text_lines import stays_one_line

__all__ = ["check_new", "code_writer", "ids_path", "write_codes"]

WriteRows = Callable[[PackedCodes, Sequence[str]], None]


def ids_path(path: str | Path) -> Path:
    """Where the ids of the codes in ``path`` stand: ``photos.npy`` has ``photos.ids.txt``, an id per line."""
    return Path(path).with_suffix(".ids.txt")


def check_new(path: str | Path) -> None:
    """Refuse a place for codes before any work is done.

    Raises:
        DataError: the ending is neither ``.npy`` nor ``.parquet``, the folder is missing, or a file is there.
    """
    path = Path(path)
    if path.suffix not in (".npy", ".parquet"):
        raise DataError(f"{path} must end in .npy or .parquet")
    if not path.parent.is_dir():
        raise DataError(f"folder {path.parent} does not exist")
    for file in (path, ids_path(path)) if path.suffix == ".npy" else (path,):
        if file.exists():
            raise DataError(f"{file} exists; choose another name")


def write_codes(path: str | Path, codes: PackedCodes, ids: Sequence[str], *, n_bits: int, modality: str) -> None:
    """Write packed codes and the id of each row, in the form that :func:`code_writer` says.

    Raises:
        DataError: the place is refused by :func:`check_new`, or an id holds a line break and the form is ``.npy``.
        MissingPackageError: pyarrow is not installed.
    """
    check_new(path)
    with code_writer(path, len(codes), n_bits=n_bits, modality=modality) as write:
        write(codes, ids)


@contextmanager
def code_writer(path: str | Path, n_rows: int, *, n_bits: int, modality: str) -> Iterator[WriteRows]:
    """Write packed codes a few rows at a time; the file is there once all of it is on disk, and not before.

    ``.npy`` holds the (n, ceil(D/8)) uint8 array and has the ids beside it, an id per line, in place before it.
    ``.parquet`` has columns ``id`` (string) and ``code`` (fixed-size binary), with ``n_bits`` and ``modality`` in the
    file's metadata.

    Args:
        path: the file; replaced where it exists.
        n_rows: n, rows to come.
        n_bits: D.
        modality: ``image`` or ``text``.

    Yields:
        What writes rows of codes and their ids.

    Raises:
        DataError: an id holds a line break and the form is ``.npy``, or other than n rows came.
        RunError: the disk is full.
        MissingPackageError: pyarrow is not installed.
    """
    path, count = Path(path), 0

    def counted(write: WriteRows) -> WriteRows:
        def rows(codes: PackedCodes, ids: Sequence[str]) -> None:
            nonlocal count
            count += len(codes)
            write(codes, ids)

        return rows

    form = _npy_writer(path, n_rows, n_bits) if path.suffix == ".npy" else _parquet_writer(path, n_bits, modality)
    with form as write:
        yield counted(write)
        if count != n_rows:
            raise DataError(f"{path} was to have {n_rows} codes, but {count} came")


@contextmanager
def _npy_writer(path: Path, n_rows: int, n_bits: int) -> Iterator[WriteRows]:
    header = {"descr": "|u1", "fortran_order": False, "shape": (n_rows, n_bytes(n_bits))}
    with (
        replacing(path) as aside,
        replacing(ids_path(path)) as ids_aside,  # in place first
        open(aside, "wb") as file,
        open(ids_aside, "w", encoding="utf-8", newline="\n") as ids_file,
    ):
        np.lib.format.write_array_header_1_0(file, header)

        def write(codes: PackedCodes, ids: Sequence[str]) -> None:
            broken = next((name for name in ids if not stays_one_line(name)), None)
            if broken is not None:
                raise DataError(f"id {broken!r} must be one line of text; write .parquet to keep it")
            file.write(np.ascontiguousarray(codes).data)
            ids_file.writelines(f"{name}\n" for name in ids)

        yield write


@contextmanager
def _parquet_writer(path: Path, n_bits: int, modality: str) -> Iterator[WriteRows]:
    arrow = require("pyarrow", extra="data", need="a Parquet file")
    parquet = require("pyarrow.parquet", extra="data", need="a Parquet file")
    form = arrow.binary(n_bytes(n_bits))
    metadata = {"ucch.n_bits": str(n_bits), "ucch.modality": modality}
    schema = arrow.schema([("id", arrow.string()), ("code", form)], metadata=metadata)
    with replacing(path) as aside, parquet.ParquetWriter(aside, schema, compression="zstd") as writer:

        def write(codes: PackedCodes, ids: Sequence[str]) -> None:
            held = [None, arrow.py_buffer(np.ascontiguousarray(codes))]
            packed = arrow.FixedSizeBinaryArray.from_buffers(form, len(codes), held)
            writer.write_table(arrow.table([arrow.array(list(ids), arrow.string()), packed], schema=schema))

        yield write
