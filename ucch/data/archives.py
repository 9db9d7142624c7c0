"""Files that hold arrays by name, whichever of their kinds."""

from __future__ import annotations

from pathlib import Path

from .archive import Archive
from .hdf5_archive import HDF5_SUFFIXES, Hdf5Archive
from .npz_archive import NpzArchive
from .tensor_archive import TENSOR_SUFFIXES, TensorArchive

__all__ = ["ARCHIVE_SUFFIXES", "open_archive"]

ARCHIVE_SUFFIXES = (".npz", *TENSOR_SUFFIXES, *HDF5_SUFFIXES)


def open_archive(path: Path) -> Archive:
    """Open a file of arrays: of tensors or HDF5 by its ending, and any other as ``.npz``.

    Raises:
        DataError: the file is missing, damaged, or of another kind.
    """
    ending = path.suffix.lower()
    if ending in HDF5_SUFFIXES:
        return Hdf5Archive(path)
    return TensorArchive(path) if ending in TENSOR_SUFFIXES else NpzArchive(path)
