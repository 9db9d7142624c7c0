"""One matrix of rows that lie in several mapped files."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError

__all__ = ["RowParts", "in_file"]

_READ = 1 << 26  # bytes: what a slice reads at once; a larger one stays on disk
_PIECE = 1 << 24  # bytes: what is read before it is copied to its place


class RowParts:
    """Rows of several arrays under one another, or some of them, read where they lie as they are asked for.

    Where NumPy would give an array, this does too: row numbers, a mask or a single row are read; a slice is read up
    to 64 MiB, and beyond it is again rows that stay on disk. ``numpy.asarray`` reads everything. Mapped files are read
    by runs of neighbouring rows, not by page faults, which would leave up to 2 MiB of the file in this process for each
    row; so a process holds what it has asked for, and the system keeps the files while memory is free.

    Args:
        parts: (n_i, d) arrays of one width and type, at least one.
        rows: numbers of the rows that count, over all parts; all by default.

    Raises:
        DataError: the parts differ in width or type.

    Example:
        >>> whole = RowParts([np.zeros((2, 3)), np.ones((4, 3))])
        >>> whole.shape, whole[[1, 2]].tolist()
        ((6, 3), [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    """

    ndim = 2

    def __init__(self, parts: Sequence[npt.NDArray[Any]], rows: npt.NDArray[np.int64] | None = None) -> None:
        self.parts = list(parts)
        first = self.parts[0]
        for number, part in enumerate(self.parts):
            if part.ndim != 2 or part.shape[1:] != first.shape[1:] or part.dtype != first.dtype:
                raise DataError(
                    f"parts must have one width and type, got {first.dtype} of shape {first.shape} and, as part"
                    f" {number}, {part.dtype} of shape {part.shape}"
                )
        self.dtype = first.dtype
        self.starts = np.cumsum([0, *map(len, self.parts)])
        self.rows = rows
        self.shape = (int(self.starts[-1]) if rows is None else len(rows), int(first.shape[1]))

    @classmethod
    def joined(cls, several: Sequence[npt.NDArray[Any] | RowParts]) -> RowParts:
        """Rows of several arrays, or of such rows, under one another.

        Raises:
            DataError: they differ in width or type.
        """
        all_of = [rows if isinstance(rows, RowParts) else cls([rows]) for rows in several]
        parts = [part for one in all_of for part in one.parts]
        if all(one.rows is None for one in all_of):
            return cls(parts)
        starts = np.cumsum([0, *(int(one.starts[-1]) for one in all_of)])
        numbers = [np.arange(len(one), dtype=np.int64) if one.rows is None else one.rows for one in all_of]
        return cls(parts, np.concatenate([start + some for start, some in zip(starts, numbers, strict=False)]))

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        """Values in all."""
        return self.shape[0] * self.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes in all."""
        return self.size * self.dtype.itemsize

    def __getitem__(self, chosen: Any) -> Any:
        if isinstance(chosen, (int, np.integer)):
            return self._read(np.array([range(len(self))[int(chosen)]]))[0]
        if isinstance(chosen, slice):
            return self.part(np.arange(len(self), dtype=np.int64)[chosen])
        numbers = np.asarray(chosen)
        numbers = np.flatnonzero(numbers) if numbers.dtype == np.bool_ else numbers.astype(np.int64)
        if len(numbers) and not -len(self) <= numbers.min() <= numbers.max() < len(self):
            raise IndexError(f"rows must lie in 0 to {len(self) - 1}")
        return self._read(np.where(numbers < 0, numbers + len(self), numbers))

    def part(self, numbers: npt.NDArray[np.int64]) -> Any:
        """Rows by their numbers (n,), from 0: read up to 64 MiB, beyond that rows that stay where they are."""
        if len(numbers) * self.shape[1] * self.dtype.itemsize <= _READ:
            return self._read(numbers)
        return RowParts(self.parts, numbers if self.rows is None else self.rows[numbers])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        whole = self._read(np.arange(len(self), dtype=np.int64))
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def _read(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        places = numbers if self.rows is None else self.rows[numbers]
        out = np.empty((len(places), self.shape[1]), self.dtype)
        owner = np.searchsorted(self.starts, places, side="right") - 1
        at_once = max(1, _PIECE // max(1, out.strides[0]))
        for part in np.unique(owner):
            here = np.flatnonzero(owner == part)
            for start in range(0, len(here), at_once):
                some = here[start : start + at_once]
                out[some] = _read_rows(self.parts[part], places[some] - self.starts[part])
        return out


def in_file(rows: npt.NDArray[Any]) -> bool:
    """Whether an array is a mapped file or a view of one; rows that were read from one are not."""
    owner: object = rows
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return isinstance(owner, mmap.mmap)


def _read_rows(part: npt.NDArray[Any], rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Rows (r,) of an array, (r, d)."""
    whole: object = part.base  # of a mapped file; of a view of one, the array that it is a view of
    if not (isinstance(part, np.memmap) and isinstance(whole, mmap.mmap) and part.flags.c_contiguous):
        return np.asarray(part[rows])
    n_bytes = part.strides[0]
    first = np.flatnonzero(np.diff(rows, prepend=-2) != 1)  # of each run
    lengths = np.diff(first, append=len(rows)) * n_bytes
    with open(str(part.filename), "rb", buffering=0) as file:
        read = []
        for place, length in zip((part.offset + rows[first] * n_bytes).tolist(), lengths.tolist(), strict=True):
            file.seek(place)
            read.append(file.read(length))
    if sum(map(len, read)) != len(rows) * n_bytes:
        raise DataError(f"{part.filename} has become shorter while it was read: write it anew and start again")
    return np.frombuffer(b"".join(read), part.dtype).reshape(len(rows), -1)
