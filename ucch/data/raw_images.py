"""The pictures themselves, as the published ``.mat`` files hold them: one large transposed HDF5 array."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..files import check_file
from .hdf5 import hdf5_shapes, is_hdf5, is_matlab_73, open_hdf5

__all__ = ["RawImages"]

Picture = npt.NDArray[np.uint8]

_LAYOUTS = {"NCWH": 1, "NHWC": 3, "CWHN": 0}  # order of the axes through h5py, and where the three colours stand


class RawImages:
    """Read pictures one after the other, or by number, from an HDF5 array; only those asked for are in memory.

    MATLAB stores (height, width, 3, n) with the axes reversed, so that HDF5 sees (n, 3, width, height), the form of
    ``mirflickr25k-iall.mat``. Arrays of (n, height, width, 3), and those reversed, are read as well. The colour axis,
    of size 3, tells them apart.

    Args:
        path: the HDF5 or MATLAB 7.3 file.
        key: name of the array; ``IAll`` as published.

    Raises:
        DataError: the file is missing, damaged or not HDF5, the array is missing, or it holds no uint8 pictures.

    Example:
        >>> pictures = RawImages("mirflickr25k-iall.mat")  # doctest: +SKIP
        >>> pictures[0].shape, len(pictures)  # doctest: +SKIP
        ((224, 224, 3), 20015)
    """

    def __init__(self, path: str | os.PathLike[str], key: str = "IAll") -> None:
        self.path, self.key = Path(path), key
        check_file(self.path, DataError, due="; an HDF5 file of pictures is expected there")
        if not is_hdf5(self.path):
            raise DataError(f"{self.path} is not an HDF5 file (MATLAB 7.3), which raw pictures are read from")
        shapes = hdf5_shapes(self.path)
        if key not in shapes:
            raise DataError(f"{self.path} lacks {key}; it holds {', '.join(shapes) or 'nothing'}")
        seen = shapes[key][::-1] if is_matlab_73(self.path) else shapes[key]
        with open_hdf5(self.path) as file:
            dtype = file[key].dtype
        fits = [name for name, axis in _LAYOUTS.items() if len(seen) == 4 and seen[axis] == 3 and 0 not in seen]
        if not fits or dtype != np.uint8:
            raise DataError(
                f"{self.path}: {key} must hold uint8 pictures of three colours, (n, 3, width, height) through HDF5,"
                f" got shape {seen} of {dtype}"
            )
        self._layout = fits[0]
        self._shape = tuple(seen[self._layout.index(axis)] for axis in "NHWC")

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, height, width, 3)."""
        return self._shape

    def __len__(self) -> int:
        return self._shape[0]

    def __getitem__(self, number: int) -> Picture:
        """Read one picture, (height, width, 3)."""
        if not -len(self) <= number < len(self):
            raise IndexError(f"picture {number} of {len(self)}")
        start = number % len(self)
        picture: Picture = self._read(start, start + 1)[0]
        return picture

    def __iter__(self) -> Iterator[Picture]:
        """Read every picture in order, some at a time."""
        step = max(1, (1 << 26) // int(np.prod(self._shape[1:])))
        for start in range(0, len(self), step):
            yield from self._read(start, min(start + step, len(self)))

    def _read(self, start: int, stop: int) -> Picture:
        rows: Any = tuple(slice(start, stop) if axis == "N" else slice(None) for axis in self._layout)
        with open_hdf5(self.path) as file:
            block = file[self.key][rows]
        return np.ascontiguousarray(block.transpose([self._layout.index(axis) for axis in "NHWC"]))
