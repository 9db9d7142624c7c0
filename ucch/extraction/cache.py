"""Features on disk by content and encoder, so that a stopped extraction goes on where it was."""

from __future__ import annotations

import os
import secrets
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from ..encoders import Features
from ..errors import DataError

__all__ = ["FeatureCache", "default_cache_folder"]

KEY_BYTES = 32  # SHA-256


def default_cache_folder() -> Path:
    """``$XDG_CACHE_HOME/ucch``, or ``~/.cache/ucch``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ucch"


class FeatureCache:
    """Keep the features of contents that one encoder has seen.

    On disk a folder per encoder digest holds files of fixed-size records: 32 bytes of key, a checksum, d float32
    values. Each run appends to a file of its own, batch by batch, so that several may run at once; a record cut off
    by a crash, or damaged, counts as not there. Deleting any of the files is safe.

    Args:
        folder: where the encoders' folders are; None keeps features in memory only.
        digest: names the encoder and everything else that decides its features.
        dimension: d.

    Raises:
        DataError: the folder cannot be written.
    """

    def __init__(self, folder: str | Path | None, digest: str, dimension: int) -> None:
        self.dimension = dimension
        self._record = np.dtype(
            [("key", np.uint8, KEY_BYTES), ("check", np.uint32), ("features", np.float32, dimension)]
        )
        self._folder = None if folder is None else Path(folder) / f"{digest[:32]}-{dimension}"
        self._place: dict[bytes, tuple[int, int]] = {}
        self._blocks: list[np.ndarray[tuple[int], np.dtype[np.void]]] = []
        self._file: BinaryIO | None = None
        if self._folder is not None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise DataError(f"cache {self._folder} cannot be made: {error.strerror or error}") from error
            for path in sorted(self._folder.glob("*.records")):
                self._read(path)

    def __enter__(self) -> FeatureCache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __contains__(self, key: bytes) -> bool:
        return key in self._place

    def __len__(self) -> int:
        return len(self._place)

    def get(self, key: bytes) -> Features:
        """Read the features of a content: (d,) float32.

        Raises:
            KeyError: they are not there.
        """
        block, row = self._place[key]
        features: Features = self._blocks[block][row]["features"]
        return features

    def put(self, keys: Sequence[bytes], features: Features) -> None:
        """Add the features of new contents, on disk before this returns to the caller.

        Raises:
            DataError: the disk is full or the file cannot be written.
        """
        records = np.empty(len(keys), dtype=self._record)
        records["key"] = np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), KEY_BYTES)
        records["features"] = features
        records["check"] = [_checksum(key, row) for key, row in zip(keys, records["features"], strict=True)]
        if self._folder is not None:
            try:
                if self._file is None:
                    self._file = open(self._folder / f"{os.getpid()}-{secrets.token_hex(4)}.records", "xb")  # noqa: SIM115  closed on exit
                self._file.write(records.tobytes())
                self._file.flush()
            except OSError as error:
                raise DataError(f"cache {self._folder} cannot be written: {error.strerror or error}") from error
        self._add(records)

    def _read(self, path: Path) -> None:
        count = path.stat().st_size // self._record.itemsize
        if count == 0:
            return
        records = np.memmap(path, dtype=self._record, mode="r", shape=(count,))
        sound = [_checksum(r["key"].tobytes(), r["features"]) == r["check"] for r in records]
        self._add(records, np.flatnonzero(sound).tolist())

    def _add(self, records: np.ndarray[tuple[int], np.dtype[np.void]], rows: Iterable[int] | None = None) -> None:
        block = len(self._blocks)
        self._blocks.append(records)
        for row in range(len(records)) if rows is None else rows:
            self._place[records[row]["key"].tobytes()] = (block, row)


def _checksum(key: bytes, features: Features) -> int:
    return zlib.crc32(np.ascontiguousarray(features).data, zlib.crc32(key))
