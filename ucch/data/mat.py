"""MATLAB files, the form in which most of the field's feature sets are published, of any version."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import scipy

from ..errors import DataError
from ..files import check_file
from ..plain_json import one_line
from .arrays import FeatureArray, row_chunks
from .hdf5 import Block, hdf5_blocks, hdf5_shapes, is_hdf5, read_hdf5
from .mat5 import CappedFile, check_mat5, is_mat5
from .sizes import check_size

__all__ = ["find_file", "mat_blocks", "mat_shapes", "read_mat"]


def find_file(root: Path, name: str, source: str, folder: str = "") -> Path:
    """Return ``root / name``, or ``root / folder / name``, whichever is there.

    Raises:
        DataError: neither is; the message says where the set comes from.
    """
    places = [root, root / folder] if folder else [root]
    for place in places:
        if (place / name).is_file():
            return place / name
    raise DataError(f"{name} is not in {' or '.join(map(str, places))}. The files come from: {source}")


def mat_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the variables of a file, without reading them.

    Raises:
        DataError: the file is damaged, cut off, or of another kind.
    """
    check_file(path, DataError, due="; a MATLAB file is expected there")
    if is_hdf5(path):
        return hdf5_shapes(path)
    try:
        if is_mat5(path):
            check_mat5(path)
        with open(path, "rb") as file:
            return {
                name: tuple(int(size) for size in shape)
                for name, shape, _ in scipy.io.whosmat(cast(Any, CappedFile(file)))
            }
    except DataError:
        raise
    except Exception as error:  # damaged bytes fail in many ways inside the reader
        raise DataError(f"{path} is damaged or no MATLAB file: {one_line(error)}") from error


def read_mat(path: Path, keys: Collection[str]) -> dict[str, FeatureArray]:
    """Read matrices of numbers from a MATLAB file: versions 4 to 7 by SciPy, 7.3 (and other HDF5) by h5py.

    Memory is the matrices as the file stores them, and in versions 4 to 7 column after column, as MATLAB has it; a
    matrix that h5py wrote as plain rows is memory-mapped.

    Args:
        path: the file.
        keys: names of the variables wanted; others in the file are not read.

    Raises:
        DataError: the file is not such a file, or it is damaged, or a variable is missing or is not a matrix.
    """
    held = mat_shapes(path)
    missing = [key for key in keys if key not in held]
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}; it holds {', '.join(held) or 'nothing'}")
    if is_hdf5(path):
        return {key: read_hdf5(path, key) for key in keys}
    try:
        if is_mat5(path):
            check_mat5(path, keys)
        else:
            check_size(path, "its variables", sum(8 * math.prod(held[key]) for key in keys))
        with warnings.catch_warnings(), open(path, "rb") as file:
            warnings.simplefilter("error")  # of a variable that cannot be read and would come as text
            contents = scipy.io.loadmat(cast(Any, CappedFile(file)), variable_names=list(keys))
    except DataError:
        raise
    except Exception as error:  # as above
        raise DataError(f"{path} is damaged or no MATLAB file: {one_line(error)}") from error
    for key in keys:
        if key not in contents:
            raise DataError(f"{path} is damaged or no MATLAB file: {key} ends early")
        value = contents[key]
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
            raise DataError(f"{path}: {key} must be a full matrix, got {getattr(value, 'dtype', type(value).__name__)}")
    return {key: contents[key] for key in keys}


def mat_blocks(path: Path, key: str) -> Iterator[Block]:
    """Yield the pieces of one matrix, with their places; from HDF5 only one of them is in memory at a time."""
    if is_hdf5(path):
        yield from hdf5_blocks(path, key)
    else:
        matrix = read_mat(path, (key,))[key]
        for rows in row_chunks(matrix):
            yield (rows, slice(None)), matrix[rows]
