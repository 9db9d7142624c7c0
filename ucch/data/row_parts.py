"""One matrix of rows that lie in several mapped files."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError

__all__ = ["RowParts"]

_READ = 1 << 26  # bytes: what a slice reads at once; a larger one stays on disk
_RESIDENT = 1 << 27  # bytes of pages that may stay in this process between reads


class RowParts:
    """Rows of several arrays under one another, or some of them, read where they lie as they are asked for.

    Where NumPy would give an array, this does too: row numbers, a mask or a single row are read; a slice is read up
    to 64 MiB, and beyond it is again rows that stay on disk. ``numpy.asarray`` reads everything. Mapped pages are given
    back to the system as reading goes on, so that a process holds 128 MiB of them at most, and a piece that is read;
    the system keeps them while memory is free.

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
        self._touched = 0

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        """Values in all."""
        return self.shape[0] * self.shape[1]

    def __getitem__(self, chosen: Any) -> Any:
        if isinstance(chosen, (int, np.integer)):
            return self._read(np.array([range(len(self))[int(chosen)]]))[0]
        if isinstance(chosen, slice):
            numbers = np.arange(len(self), dtype=np.int64)[chosen]
            if len(numbers) * self.shape[1] * self.dtype.itemsize > _READ:
                return RowParts(self.parts, numbers if self.rows is None else self.rows[numbers])
            return self._read(numbers)
        numbers = np.asarray(chosen)
        numbers = np.flatnonzero(numbers) if numbers.dtype == np.bool_ else numbers.astype(np.int64)
        if len(numbers) and not -len(self) <= numbers.min() <= numbers.max() < len(self):
            raise IndexError(f"rows must lie in 0 to {len(self) - 1}")
        return self._read(np.where(numbers < 0, numbers + len(self), numbers))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        whole = self._read(np.arange(len(self), dtype=np.int64))
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def _read(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        places = numbers if self.rows is None else self.rows[numbers]
        out = np.empty((len(places), self.shape[1]), self.dtype)
        owner = np.searchsorted(self.starts, places, side="right") - 1
        for part in np.unique(owner):
            here = owner == part
            out[here] = self.parts[part][places[here] - self.starts[part]]
        self._touched += len(places) * max(out.itemsize * self.shape[1], mmap.PAGESIZE)
        if self._touched > _RESIDENT:
            self._give_back()
        return out

    def _give_back(self) -> None:
        """Take mapped pages out of this process; they are read again from the system's memory or the disk."""
        self._touched = 0
        for part in self.parts:
            mapped = getattr(part, "_mmap", None)
            if mapped is not None and hasattr(mapped, "madvise"):
                mapped.madvise(mmap.MADV_DONTNEED)
