"""Codes and ids from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes
from ..data import code_files as data_files
from ..data.npy import map_npy
from ..errors import DataError
from ..text_lines import read_lines
from .rows import Ids, is_number

__all__ = ["read_codes", "read_ids", "read_matrix"]


def read_codes(
    path: str | Path, *, n_bits: int | None = None, code_format: str = "auto", what: str = "codes"
) -> tuple[PackedCodes, int, Ids | None]:
    """Read codes in any of the forms of :func:`ucch.data.code_files.read_codes`, with the ids beside them.

    Args:
        path: ``.npy`` or ``.parquet``; packed codes in an ``.npy`` stay on disk, mapped.
        n_bits: D where it is known; packed codes are of 8 bits a byte otherwise.
        code_format: how the codes lie, where that is to be said.
        what: what messages call them.

    Returns:
        uint8 (M, ceil(D/8)), D, and the lines of ``<name>.ids.txt``, which ``ucch encode`` writes, or None.

    Raises:
        DataError: the file is missing, damaged, or holds no codes or such that leave doubt about their form.
    """
    path = Path(path)
    codes = data_files.read_codes(path, what, n_bits=n_bits, code_format=code_format, whole_bytes=True)
    beside = path.with_suffix(".ids.txt")
    return codes.packed(), codes.n_bits, read_ids(beside) if beside.exists() else None


def read_matrix(path: str | Path) -> npt.NDArray[Any]:
    """Map a matrix from a ``.npy`` file; nothing in it is executed.

    Raises:
        DataError: the file is missing, damaged, or holds anything but a matrix of numbers.
    """
    try:
        array = map_npy(path)
    except DataError as error:
        raise DataError(f"{path} cannot be read as a .npy of numbers: {error}") from error
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise DataError(f"{path} must hold one matrix of numbers, got shape {array.shape} of {array.dtype}")
    return np.asarray(array)


def read_ids(path: str | Path) -> Ids:
    """Read ids: whole numbers from a ``.npy`` file, or from any other the text of each line.

    Lines that are all whole numbers of 64 signed bits in their plain form are numbers.

    Raises:
        DataError: the file is missing or damaged, or a line is empty.
    """
    path = Path(path)
    if path.suffix == ".npy":
        try:
            ids = np.array(map_npy(path))
        except DataError as error:
            raise DataError(f"{path} cannot be read as a .npy of ids: {error}") from error
        if ids.ndim != 1:
            raise DataError(f"{path} must hold a row of ids, got shape {ids.shape}")
        return ids
    lines = read_lines(path)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(f"{path}: line {number} holds no id")
    if lines and all(is_number(line) for line in lines):
        return [int(line) for line in lines]
    return lines
