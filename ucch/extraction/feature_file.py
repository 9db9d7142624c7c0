"""A file of features that is read a few rows at a time: ``.npy`` or tensors, memory-mapped, or Parquet."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data.arrays import FeatureArray
from ..data.npy import map_npy
from ..data.parquet_lists import list_matrix
from ..data.tensor_archive import TENSOR_SUFFIXES, TensorArchive
from ..errors import DataError
from ..extras import require

__all__ = ["FEATURE_SUFFIXES", "FeatureFile", "open_features", "regrouped"]

FEATURE_SUFFIXES = (".npy", ".parquet")

_READ_AHEAD = 1 << 20  # bytes of a Parquet column


class FeatureFile:
    """Features of one modality in a file, and the ids of their rows.

    Attributes:
        path: the file.
        n_rows: rows in it.
    """

    path: Path
    n_rows: int

    @abstractmethod
    def batches(self, rows: int) -> Iterator[tuple[FeatureArray, Sequence[str]]]:
        """Features (rows, d) and their ids, ``rows`` at a time, fewer at the end only.

        Raises:
            DataError: the file turns out to be damaged.
        """


def open_features(path: str | Path, modality: str) -> FeatureFile:
    """Open a file of features without reading its rows.

    Args:
        path: ``.npy`` of a matrix, whose ids are row numbers; or ``.parquet`` with a column of lists of one length,
            called as the modality (as ``ucch extract`` writes it) or ``features``, and ids in ``image_id`` or
            ``text_id``, ``id``, or nowhere; or ``.safetensors``, ``.pt`` or ``.pth`` with a matrix called as the
            modality, or with one alone, whose ids are row numbers.
        modality: ``image`` or ``text``.

    Raises:
        DataError: the file is missing, damaged, of another form, or lacks the column.
        MissingPackageError: pyarrow is not installed.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        return _Parquet(path, modality)
    return _Tensors(path, modality) if path.suffix.lower() in TENSOR_SUFFIXES else _Npy(path)


class _Npy(FeatureFile):
    def __init__(self, path: Path) -> None:
        self.path = path
        rows = self._map()
        if rows.ndim != 2:
            raise DataError(f"{path} must hold a matrix of features, a row per item, got shape {rows.shape}")
        self.n_rows = len(rows)

    def _map(self) -> npt.NDArray[Any]:
        try:
            return map_npy(self.path)
        except DataError as error:
            raise DataError(f"{self.path} cannot be read as a .npy of numbers: {error}") from error

    def batches(self, rows: int) -> Iterator[tuple[FeatureArray, Sequence[str]]]:
        for start in range(0, self.n_rows, rows):
            chunk = np.array(self._map()[start : start + rows])  # mapped anew, so that pages read are let go of
            yield chunk, [str(row) for row in range(start, start + len(chunk))]


class _Tensors(FeatureFile):
    def __init__(self, path: Path, modality: str) -> None:
        self.path = path
        with TensorArchive(path) as archive:
            if modality not in archive.names and len(archive.names) != 1:
                names = ", ".join(archive.names) or "none"
                raise DataError(f"{path} must hold a tensor {modality}, or one tensor alone, it holds {names}")
            self._rows = archive.read(modality if modality in archive.names else archive.names[0])
        if self._rows.ndim != 2:
            raise DataError(f"{path} must hold a matrix of features, a row per item, got shape {self._rows.shape}")
        self.n_rows = len(self._rows)

    def batches(self, rows: int) -> Iterator[tuple[FeatureArray, Sequence[str]]]:
        for start in range(0, self.n_rows, rows):
            chunk = self._rows[start : start + rows]
            yield chunk, [str(row) for row in range(start, start + len(chunk))]


class _Parquet(FeatureFile):
    def __init__(self, path: Path, modality: str) -> None:
        self.path = path
        self._arrow = require("pyarrow", extra="data", need="a Parquet file")
        parquet = require("pyarrow.parquet", extra="data", need="a Parquet file")
        try:  # without reading ahead a whole row group
            self._file = parquet.ParquetFile(path, pre_buffer=False, buffer_size=_READ_AHEAD)
        except (OSError, self._arrow.ArrowException) as error:
            raise DataError(f"{path} cannot be read as Parquet: {error}") from error
        self.n_rows = self._file.metadata.num_rows
        names = self._file.schema_arrow.names
        column = next((name for name in (modality, "features") if name in names), None)
        if column is None:
            raise DataError(f"{path} must have a column {modality} or features, it has {', '.join(names)}")
        self._column = column
        self._ids = next((name for name in (f"{modality}_id", "id") if name in names), None)

    def batches(self, rows: int) -> Iterator[tuple[FeatureArray, Sequence[str]]]:
        return regrouped(self._pieces(rows), rows)

    def _pieces(self, rows: int) -> Iterator[tuple[FeatureArray, Sequence[str]]]:
        """What Parquet hands out: at most ``rows`` at a time, fewer at the end of a row group."""
        columns = [self._column] if self._ids is None else [self._column, self._ids]
        first = 0
        try:
            for batch in self._file.iter_batches(batch_size=rows, columns=columns):
                numbers = range(first, first + batch.num_rows)
                ids = numbers if self._ids is None else batch.column(self._ids).to_pylist()
                said = f"{self.path}: column {self._column}"
                yield list_matrix(batch.column(self._column), said, first_row=first), [str(name) for name in ids]
                first += batch.num_rows
        except (OSError, UnicodeDecodeError, self._arrow.ArrowException) as error:
            raise DataError(f"{self.path} cannot be read as Parquet: {error}") from error


def regrouped(
    pieces: Iterator[tuple[FeatureArray, Sequence[str]]], rows: int
) -> Iterator[tuple[FeatureArray, Sequence[str]]]:
    """Cut and join pieces of features with their ids into pieces of ``rows``, the last one shorter.

    Raises:
        DataError: pieces of several widths.
    """
    held: list[tuple[FeatureArray, Sequence[str]]] = []
    waiting = 0
    for features, ids in pieces:
        while len(ids):
            room = rows - waiting
            held.append((features[:room], ids[:room]))
            waiting += len(held[-1][1])
            features, ids = features[room:], ids[room:]
            if waiting == rows:
                yield _joined(held)
                held, waiting = [], 0
    if held:
        yield _joined(held)


def _joined(parts: Sequence[tuple[FeatureArray, Sequence[str]]]) -> tuple[FeatureArray, Sequence[str]]:
    if len({features.shape[1] for features, _ in parts}) > 1:
        raise DataError("lists of features must be of one length in all row groups")
    return np.concatenate([features for features, _ in parts]), [name for _, ids in parts for name in ids]
