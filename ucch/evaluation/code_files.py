"""Codes and labels from files of anybody's making; arrays are memory-mapped and read a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, n_bytes, pack
from ..data.npy import map_npy
from ..errors import DataError
from .parquet_codes import read_code_column

__all__ = ["CODE_FORMATS", "CodeFile", "read_array", "read_codes"]

CODE_FORMATS = ("auto", "ubinary", "binary")


@dataclass(frozen=True, eq=False)
class CodeFile:
    """Codes in a file, whatever their form.

    Attributes:
        path: the file.
        rows: its array, memory-mapped where the file is ``.npy``.
        n_bits: D.
        form: ``packed`` (uint8, most significant bit first), ``offset`` (int8, packed less 128, the ``binary`` of
            sentence-transformers) or ``plain`` (+-1, 0/1 or boolean, one bit a column).
    """

    path: Path
    rows: npt.NDArray[Any]
    n_bits: int
    form: str

    def __len__(self) -> int:
        return len(self.rows)

    def packed(self, rows: slice = slice(None)) -> PackedCodes:
        """Packed codes of some rows.

        Raises:
            DataError: a plain code holds anything but +-1, 0/1 or booleans.
        """
        part = np.asarray(self.rows[rows])
        if self.form == "packed":
            return part
        if self.form == "offset":
            return (part.astype(np.int16) + 128).astype(np.uint8)
        try:
            return pack(part)
        except ValueError as error:
            raise DataError(f"{self.path}: {error}") from error

    def chunks(self, chunk_rows: int) -> Iterator[PackedCodes]:
        """Packed codes, ``chunk_rows`` at a time."""
        for start in range(0, len(self), chunk_rows):
            yield self.packed(slice(start, start + chunk_rows))


def read_array(path: Path, what: str) -> npt.NDArray[Any]:
    """Memory-map an ``.npy`` file.

    Args:
        path: the file.
        what: what it should hold, for messages.

    Raises:
        DataError: the file is missing, damaged, no ``.npy``, or holds Python objects, which are never loaded.
    """
    try:
        array = map_npy(path)
    except DataError as error:
        raise DataError(f"{what} {path} cannot be read as .npy: {error}") from error
    if array.dtype.kind not in "biuf":
        raise DataError(f"{what} {path} must hold one array of numbers, got {array.dtype}")
    return array


def read_codes(path: Path, what: str, *, n_bits: int | None, code_format: str = "auto") -> CodeFile:
    """Open a file of codes.

    Args:
        path: ``.npy`` of (n, ceil(D/8)) packed uint8, which needs ``n_bits``; or of (n, D) +-1, 0/1 or booleans. Or
            ``.parquet`` with such rows in the column ``code``; one of ``ucch encode`` states its bits itself.
        what: what messages call it, ``query codes`` or ``database codes``.
        n_bits: D of packed codes; None for one bit a column, or for what the file states.
        code_format: ``ubinary`` and ``binary`` are the packed forms of sentence-transformers, uint8 and int8 less 128;
            ``auto`` takes uint8 as packed where ``n_bits`` is given and everything else as one bit a column.

    Raises:
        DataError: the array does not fit what was said of it; the message names both.
        MissingPackageError: the file is Parquet and pyarrow is not installed.
    """
    said = f"{what} {path}"
    if path.suffix == ".parquet":
        rows, stated = read_code_column(path, what)
        if None not in (stated, n_bits) and stated != n_bits:
            raise DataError(f"{said} states codes of {stated} bits, but --bits says {n_bits}")
        n_bits = stated if n_bits is None else n_bits
    else:
        rows = read_array(path, what)
    if rows.ndim != 2 or 0 in rows.shape:
        raise DataError(f"{said} must have shape (rows, columns), neither of them 0, got {rows.shape}")
    if code_format in ("ubinary", "binary"):
        dtype = np.uint8 if code_format == "ubinary" else np.int8
        if rows.dtype != dtype:
            raise DataError(f"{said} must be {np.dtype(dtype)} for the format {code_format}, got {rows.dtype}")
        form, n_bits = "packed" if code_format == "ubinary" else "offset", n_bits or 8 * rows.shape[1]
    elif n_bits is None:
        if rows.dtype == np.uint8 and np.asarray(rows[:1000]).max() > 1:
            raise DataError(f"{said} looks packed (uint8 above 1); say how many bits with --bits")
        return CodeFile(path, rows, rows.shape[1], "plain")
    else:
        form = "packed"
        if rows.dtype != np.uint8:
            raise DataError(
                f"{said} must be packed uint8 where --bits is given, got {rows.dtype}; leave --bits out for one bit a"
                " column, or say --code-format binary for the int8 of sentence-transformers"
            )
    if rows.shape[1] != n_bytes(n_bits):
        plain = "; it looks unpacked: leave --bits out" if rows.shape[1] == n_bits else ""
        raise DataError(
            f"{said} is {rows.shape[1]} bytes wide, but {n_bits} bits packed are {n_bytes(n_bits)} bytes{plain}"
        )
    return CodeFile(path, rows, n_bits, form)
