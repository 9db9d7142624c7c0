"""Real features in few bytes, to re-rank by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._checks import one_of
from ..codes import PackedCodes, unpack
from ..errors import DataError

__all__ = ["CompactFeatures", "unit_rows"]

Real = npt.NDArray[np.float32]


@dataclass(frozen=True)
class CompactFeatures:
    """Unit-length rows as float16 (2 F bytes), int8 with a scale for each row (F + 4 bytes), or packed codes (F / 8).

    An int8 row is ``round(127 x / max|x|)``; the scale undoes it, so the largest error of a value is ``max|x| / 254``.
    A code is its +-1, at unit length: the whole of a code of which an index searches the first bits.

    Attributes:
        values: (M, F) float16 or int8, or (M, F / 8) uint8.
        scales: (M,) float32, for int8 only.
    """

    values: npt.NDArray[Any]
    scales: npt.NDArray[np.float32] | None = None

    @classmethod
    def compress(cls, features: npt.NDArray[Any], kind: str = "int8") -> CompactFeatures:
        """Bring features (M, F) to unit length and into few bytes.

        Args:
            features: real finite numbers; a row of zeros stays one.
            kind: ``int8`` or ``float16``.

        Raises:
            DataError: they are no finite matrix.
            ValueError: ``kind`` is neither.
        """
        one_of("kind", kind, ("float16", "int8"))
        rows = unit_rows("features", features)
        if kind == "float16":
            return cls(rows.astype(np.float16))
        scales = np.abs(rows).max(1, initial=0) / np.float32(127)
        return cls(np.rint(rows / np.where(scales > 0, scales, 1)[:, None]).astype(np.int8), scales)

    @classmethod
    def of_codes(cls, codes: PackedCodes) -> CompactFeatures:
        """Keep packed codes (M, W), each byte as 8 columns; a query's columns of padding bits must be zeros."""
        return cls(codes)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def kind(self) -> str:
        """``int8``, ``float16`` or ``codes``."""
        return "codes" if self.values.dtype == np.uint8 else self.values.dtype.name

    @property
    def width(self) -> int:
        """F."""
        return int(self.values.shape[1]) * (8 if self.kind == "codes" else 1)

    def rows(self, rows: npt.NDArray[np.int64]) -> Real:
        """The features of some rows, as float32."""
        if self.kind == "codes":
            return unpack(self.values[rows], self.width).astype(np.float32) / np.float32(np.sqrt(self.width))
        out = self.values[rows].astype(np.float32)
        return out if self.scales is None else out * self.scales[rows][:, None]

    def take(self, rows: npt.NDArray[np.int64]) -> CompactFeatures:
        """Some rows, as they are kept."""
        return CompactFeatures(self.values[rows], None if self.scales is None else self.scales[rows])

    def joined(self, other: CompactFeatures) -> CompactFeatures:
        """These rows and then the ``other``'s.

        Raises:
            DataError: the two differ in width or kind.
        """
        if self.kind != other.kind or self.width != other.width:
            raise DataError(
                f"features must be {self.kind} of {self.width} columns as those of the index,"
                f" got {other.kind} of {other.width}"
            )
        values = np.concatenate([self.values, other.values])
        if self.scales is None or other.scales is None:
            return CompactFeatures(values)
        return CompactFeatures(values, np.concatenate([self.scales, other.scales]))


def unit_rows(name: str, features: npt.NDArray[Any]) -> Real:
    """A real finite matrix as float32 rows of unit length, else ``DataError``; a row of zeros stays one."""
    if features.ndim != 2 or features.dtype.kind not in "fiu":
        raise DataError(f"{name} must be a matrix of real numbers, got shape {features.shape} of {features.dtype}")
    rows = features.astype(np.float32)
    if not np.isfinite(rows).all():
        raise DataError(f"{name} must be finite")
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1), np.float32)
