"""One matrix of a published data set: where it lies, what shape it must have, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import DataError
from .arrays import FeatureArray
from .mat import mat_shapes, read_mat
from .npy import map_npy

__all__ = ["ArraySpec", "converted_path", "read_npy"]


@dataclass(frozen=True)
class ArraySpec:
    """Describe a matrix of a published set.

    Args:
        kind: what it is.
        file: name of its file.
        key: its name in that file.
        rows, columns: the published shape, one row per item.
        split: ``train`` or ``query`` where the file holds one split; ``all`` where the last rows are the queries.
    """

    kind: Literal["image", "text", "label"]
    file: str
    key: str
    rows: int
    columns: int
    split: Literal["all", "train", "query"] = "all"

    def read(self, path: Path) -> FeatureArray:
        """Read the matrix: mapped from its converted copy where there is one, else from ``path``.

        Raises:
            DataError: the file is damaged, the key is missing, or the shape is not the published one.
        """
        copy = converted_path(path, self.key)
        if copy.is_file():
            if copy.stat().st_mtime_ns < path.stat().st_mtime_ns:
                raise DataError(f"{copy} is older than {path.name}, which it was made from; delete it or convert again")
            matrix = read_npy(copy)
            self._check_shape(copy, matrix.shape)
            return matrix
        self.check(path)
        return read_mat(path, (self.key,))[self.key]

    def check(self, path: Path) -> None:
        """Look at the names and shapes in a file, without reading values.

        Raises:
            DataError: the file is damaged, the key is missing, or the shape is not the published one.
        """
        shapes = mat_shapes(path)
        if self.key not in shapes:
            raise DataError(f"{path} lacks {self.key}; it holds {', '.join(shapes) or 'nothing'}")
        self._check_shape(path, shapes[self.key])

    def _check_shape(self, path: Path, shape: tuple[int, ...]) -> None:
        expected = (self.rows, self.columns)
        if shape == expected:
            return
        if shape == expected[::-1]:
            raise DataError(
                f"{path}: {self.key} is transposed: it must have one row per item, shape {expected}, got shape {shape}"
            )
        if len(shape) == 2 and shape[1] == self.columns:
            raise DataError(f"{path}: {self.key} must have {self.rows} rows, got shape {shape}")
        raise DataError(f"{path}: {self.key} must have shape {expected}, got shape {shape}")


def converted_path(path: Path, key: str) -> Path:
    """Name of the ``.npy`` copy of a matrix, beside its file."""
    return path.with_name(f"{path.stem}.{key}.npy")


def read_npy(path: Path) -> FeatureArray:
    """Map an ``.npy`` file into memory: rows are read from disk as they are used.

    Raises:
        DataError: the file is cut off, of another kind, or holds Python objects.
    """
    try:
        array = map_npy(path)
    except DataError as error:
        raise DataError(f"{path} is damaged or no .npy file of numbers: {error}") from error
    if array.dtype.kind not in "biuf":
        raise DataError(f"{path} is damaged or no .npy file of numbers: it holds {array.dtype}")
    return array
