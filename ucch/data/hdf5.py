"""HDF5 files: MATLAB's version 7.3, which stores its arrays transposed, and those that h5py writes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..plain_json import one_line
from .arrays import FeatureArray
from .sizes import check_size

if TYPE_CHECKING:
    import h5py

__all__ = ["Block", "hdf5_blocks", "hdf5_offset", "hdf5_shapes", "is_hdf5", "is_matlab_73", "open_hdf5", "read_hdf5"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MATLAB = b"MATLAB 7.3"
_BLOCK_BYTES = 1 << 24  # 16 MiB read at a time where a file prescribes no chunks

Place = tuple[slice, ...]  # rows and columns
Block = tuple[Place, FeatureArray]  # and the values there


def is_hdf5(path: Path) -> bool:
    """Whether a file is HDF5, by its first bytes; MATLAB 7.3 puts 512 bytes of its own before HDF5's."""
    with open(path, "rb") as file:
        return file.read(16).startswith((_SIGNATURE, _MATLAB))


def is_matlab_73(path: Path) -> bool:
    """Whether MATLAB wrote the file, as version 7.3: its arrays then read transposed through HDF5."""
    with open(path, "rb") as file:
        return file.read(16).startswith(_MATLAB)


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open a file for reading.

    Raises:
        DataError: h5py is not installed, or the file is damaged or cut off, found on opening or on reading.
    """
    try:
        import h5py
    except ImportError as error:
        raise DataError(f"{path} is an HDF5 file, which needs h5py: pip install 'ucch[data]'") from error
    try:
        with h5py.File(path, "r") as file:
            yield file
    except DataError:
        raise
    except Exception as error:  # damaged bytes fail in many ways inside the library
        raise DataError(f"{path} is damaged or cut off: {one_line(error)}") from error


def hdf5_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the arrays of a file, without reading them: as MATLAB shows them, or as h5py does.

    Links, to other files above all, are not followed.
    """
    with open_hdf5(path) as file:
        import h5py

        items = {name: file[name] for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)}
        return {name: _shape(path, item) for name, item in items.items() if isinstance(item, h5py.Dataset)}


def read_hdf5(path: Path, key: str) -> FeatureArray:
    """Read one matrix, one row per item: memory-mapped where the file holds plain rows, else into memory.

    An array that h5py wrote without chunks or compression lies in the file row after row and stays there. Other
    arrays are read chunk by chunk, each once: memory is the matrix and one chunk.

    Raises:
        DataError: the file is damaged, or ``key`` is no matrix of numbers.
    """
    offset = hdf5_offset(path, key)
    with open_hdf5(path) as file:
        dataset = _matrix(path, file, key)
        shape, dtype = _shape(path, dataset), dataset.dtype
        if offset is not None:
            return np.memmap(path, dtype, "r", offset, shape)
        rows = np.empty(shape, dtype)
        for place, block in _blocks(path, dataset):
            rows[place] = block
        return rows


def hdf5_offset(path: Path, key: str) -> int | None:
    """Byte at which a matrix lies in the file row after row; None where it is chunked, compressed or transposed."""
    with open_hdf5(path) as file:
        offset: int | None = None if is_matlab_73(path) else _matrix(path, file, key).id.get_offset()
    return offset


def hdf5_blocks(path: Path, key: str) -> Iterator[Block]:
    """Yield the pieces of one matrix, each once, as the file stores them; together they are the whole."""
    with open_hdf5(path) as file:
        yield from _blocks(path, _matrix(path, file, key))


def _blocks(path: Path, dataset: Any) -> Iterator[Block]:
    matlab = is_matlab_73(path)
    for stored in dataset.iter_chunks() if dataset.chunks else _row_blocks(_shape(path, dataset), dataset, matlab):
        block = dataset[stored]
        yield (stored[::-1], block.T) if matlab else (stored, block)


def _row_blocks(shape: tuple[int, ...], dataset: Any, matlab: bool) -> Iterator[Place]:
    step = max(1, _BLOCK_BYTES // max(1, dataset.dtype.itemsize * shape[1]))
    for start in range(0, shape[0], step):
        rows, columns = slice(start, min(start + step, shape[0])), slice(0, shape[1])
        yield (columns, rows) if matlab else (rows, columns)


def _shape(path: Path, dataset: Any) -> tuple[int, ...]:
    shape = tuple(int(size) for size in dataset.shape)
    return shape[::-1] if is_matlab_73(path) else shape


def _matrix(path: Path, file: Any, key: str) -> Any:
    import h5py

    if not isinstance(file.get(key, getlink=True), h5py.HardLink):
        raise DataError(f"{path}: {key} is a link and not followed; write the matrix itself into the file")
    dataset = file[key]
    kind = getattr(getattr(dataset, "dtype", None), "kind", "")
    if kind not in tuple("fiub") or len(dataset.shape) != 2:
        got = f"shape {dataset.shape} of {dataset.dtype}" if kind else "a group (a sparse matrix, struct or cell)"
        raise DataError(f"{path}: {key} must be a full matrix of numbers, got {got}")
    if dataset.is_virtual or dataset.external:
        raise DataError(f"{path}: {key} lies in other files, which are not read; write the matrix itself into the file")
    check_size(path, key, dataset.dtype.itemsize * math.prod(dataset.shape))
    if dataset.chunks:
        check_size(path, f"a chunk of {key}", dataset.dtype.itemsize * math.prod(dataset.chunks))
    return dataset
