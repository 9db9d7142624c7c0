"""Arrays in an HDF5 file, by the names they have at its root."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import DataError
from ..files import check_file
from .archive import Archive
from .arrays import FeatureArray
from .hdf5 import hdf5_shapes, open_hdf5, read_hdf5
from .sizes import check_size

__all__ = ["HDF5_SUFFIXES", "Hdf5Archive"]

HDF5_SUFFIXES = (".h5", ".hdf5")


class Hdf5Archive(Archive):
    """An open file, as :class:`~ucch.data.npz_archive.NpzArchive` is one of arrays.

    Groups are passed over, links not followed. Matrices that lie row after row are mapped.

    Args:
        path: the file.

    Attributes:
        names: of the arrays.

    Raises:
        DataError: the file is missing or damaged, or h5py is not installed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        check_file(path, DataError, due="; an HDF5 file of features is expected there")
        self._shapes = hdf5_shapes(path)
        self.names = list(self._shapes)

    def close(self) -> None:
        self._shapes = {}  # nothing else stays open between reads

    def read(self, name: str) -> FeatureArray:
        """Read a matrix, or a column of numbers or text, such as labels.

        Raises:
            DataError: it is neither, or larger than an honest file would say.
        """
        shape = self._shapes[name]
        if len(shape) != 1:
            return read_hdf5(self.path, name)
        with open_hdf5(self.path) as file:
            column = file[name]
            if column.is_virtual or column.external or column.dtype.kind not in "biufSO":
                raise DataError(f"{self.path}: {name} must be numbers or text that lie in the file, got {column.dtype}")
            check_size(self.path, name, max(8, column.dtype.itemsize) * shape[0])
            array: FeatureArray = np.asarray(column.asstr()[()], dtype=str) if column.dtype.kind == "O" else column[()]
            return array
