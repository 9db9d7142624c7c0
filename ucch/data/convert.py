"""Copies of published matrices that can be memory-mapped."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..errors import DataError
from .array_spec import ArraySpec, converted_path
from .entry import DatasetEntry
from .feature_set import load_feature_set
from .hdf5 import hdf5_offset, is_hdf5
from .mat import mat_row_blocks

__all__ = ["convert_dataset"]


def convert_dataset(entry: DatasetEntry, root: Path) -> list[Path]:
    """Write the feature matrices of a set as ``.npy`` files beside the published ones; loading then maps them.

    MATLAB's formats cannot be mapped row by row: they are compressed, or store column after column. A copy has the
    same values in the same type, so that the data set and its digest do not change. Writing holds a block of rows in
    memory, and for MATLAB 4 to 7 also the matrix itself. A copy that is there and newer than its source is kept; a
    matrix that h5py wrote as plain rows is mapped where it lies and needs no copy.

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
    aside = copy.with_name(f".{copy.name}.{os.getpid()}.tmp")
    try:
        with open(aside, "wb") as file:
            for number, block in enumerate(mat_row_blocks(path, spec.key)):
                if number == 0:
                    header = {"descr": block.dtype.str, "fortran_order": False, "shape": (spec.rows, spec.columns)}
                    np.lib.format.write_array_header_2_0(file, header)
                file.write(np.ascontiguousarray(block).data)
        os.replace(aside, copy)
    except OSError as error:
        raise DataError(f"{copy} cannot be written: {error.strerror or error}") from error
    finally:
        aside.unlink(missing_ok=True)
