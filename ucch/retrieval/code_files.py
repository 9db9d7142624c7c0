"""Codes and ids from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes
from ..data.npy import map_npy
from ..errors import DataError
from ..text_lines import read_lines
from .rows import Ids

__all__ = ["read_codes", "read_ids", "read_matrix"]


def read_codes(path: str | Path) -> tuple[PackedCodes, Ids | None]:
    """Map packed codes from a ``.npy`` file, with the ids that ``ucch encode`` wrote beside it, if they are there.

    Returns:
        uint8 (M, W), and the lines of ``<name>.ids.txt`` or None.

    Raises:
        DataError: the file is missing, damaged, or holds anything but a matrix of bytes.
    """
    path = Path(path)
    codes = read_matrix(path)
    if codes.dtype != np.uint8:
        raise DataError(f"{path} must hold packed codes, uint8, got {codes.dtype}; make them with ucch.codes.pack")
    beside = path.with_suffix(".ids.txt")
    return codes, read_ids(beside) if beside.exists() else None


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

    Lines that are all whole numbers in their plain form are numbers.

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
    if lines and all(line.lstrip("-").isdecimal() and str(int(line)) == line for line in lines):
        return [int(line) for line in lines]
    return lines
