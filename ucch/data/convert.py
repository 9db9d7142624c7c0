"""Copies of published matrices that can be memory-mapped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..files import replacing
from .array_spec import ArraySpec, converted_path
from .entry import DatasetEntry
from .feature_set import load_feature_set
from .hdf5 import hdf5_offset, is_hdf5
from .mat import mat_blocks

__all__ = ["convert_dataset"]


def convert_dataset(entry: DatasetEntry, root: str | Path) -> list[Path]:
    """Write the feature matrices of a set as ``.npy`` files beside the published ones; loading then maps them.

    MATLAB's formats cannot be mapped row by row: they are compressed, or store column after column. A copy has the
    same values in the same type, so that the data set and its digest do not change. Writing holds a piece of the
    matrix in memory, and for MATLAB 4 to 7 the matrix itself. A copy that is there and newer than its source is kept;
    a matrix that h5py wrote as plain rows is mapped where it lies and needs no copy.

    Args:
        entry: the set.
        root: the folder with its files.

    Returns:
        The files written.

    Raises:
        DataError: the set has nothing to convert, a file is missing or damaged, or the folder cannot be written.
    """
    if entry.load is not load_feature_set:
        raise DataError(f"{entry.name} has no matrices to convert: it is loaded as it is")
    features = [spec for spec in entry.arrays if spec.kind != "label"]
    written = []
    for spec in features:
        path = entry.find(root, spec.file)
        spec.check(path)
        copy = converted_path(path, spec.key)
        mapped = is_hdf5(path) and hdf5_offset(path, spec.key) is not None
        if not mapped and (not copy.exists() or copy.stat().st_mtime_ns < path.stat().st_mtime_ns):
            _convert(spec, path, copy)
            written.append(copy)
    return written


def _convert(spec: ArraySpec, path: Path, copy: Path) -> None:
    with replacing(copy, error=DataError) as aside:
        target = None
        for place, block in mat_blocks(path, spec.key):
            if target is None:
                target = _empty_npy(aside, block.dtype, (spec.rows, spec.columns))
            target[place] = block
        if target is not None:
            target.flush()


def _empty_npy(path: Path, dtype: np.dtype[Any], shape: tuple[int, int]) -> np.memmap[Any, Any]:
    """Make an ``.npy`` file of zeros whose disk space is reserved, so that a full disk fails here and not later."""
    target = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.path.getsize(path))
    return target
