"""Read, decode and prepare image files in worker processes, in order and with a bounded number in flight."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from .decode import BadImageError, decode_image
from .stored import StoredImage, as_pictures

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["DecodedImage", "ImagePool", "default_workers"]

_IN_FLIGHT = 16  # files per worker that may wait, decoded, for their turn

Prepare = Callable[["Image"], Any]


@dataclass(frozen=True)
class DecodedImage:
    """What became of one file.

    Args:
        path: the file.
        key: SHA-256 of its content; empty where it could not be read.
        pixels: what the encoder's ``prepare`` made of it; None where it is bad, or was known and so not decoded.
        problem: why it is bad; None where it is not.
    """

    path: Path | StoredImage
    key: bytes
    pixels: Any = None
    problem: str | None = None


class ImagePool:
    """Decode files in ``workers`` processes, or in this one where that is 0.

    Workers are spawned, not forked, so that no thread or lock of this process comes along; a script that uses them
    needs the usual ``if __name__ == "__main__"``.

    Args:
        prepare: turns an RGB picture into what the encoder takes; picklable.
        workers: processes, 0 or more.
        enough: pixels of a side that ``prepare`` can do with, as :func:`decode_image` has it.

    Raises:
        ValueError: ``workers`` is negative.
    """

    def __init__(self, prepare: Prepare, workers: int = 0, *, enough: int | None = None) -> None:
        if workers < 0:
            raise ValueError(f"workers must be 0 or more, got {workers}")
        self.prepare, self.workers, self.enough = prepare, workers, enough
        self._pool: Executor | None = None

    def __enter__(self) -> ImagePool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def hash_files(self, paths: Iterable[str | Path | StoredImage]) -> Iterator[DecodedImage]:
        """Yield each file's key, or why it cannot be read, in order; nothing is decoded."""
        return map(_hash_file, as_pictures(paths))

    def decode(
        self, paths: Iterable[str | Path | StoredImage], prepares: Iterable[Prepare] | None = None
    ) -> Iterator[DecodedImage]:
        """Yield each file's prepared pixels, or why it is bad, in order.

        Args:
            paths: the files.
            prepares: what to do with each picture, where that is not the same for all.

        Raises:
            DataError: a worker process died; a file can crash a decoder, or memory ran out.
        """
        items = as_pictures(paths)
        tasks = zip(items, repeat(self.prepare) if prepares is None else prepares)  # noqa: B905  one may be endless
        if self.workers == 0:
            yield from (_decode_file(path, prepare, self.enough) for path, prepare in tasks)
            return
        pool = self._started()
        waiting: deque[tuple[Path | StoredImage, Future[DecodedImage]]] = deque()
        try:
            for path, prepare in tasks:
                waiting.append((path, pool.submit(_decode_file, path, prepare, self.enough)))
                if len(waiting) >= _IN_FLIGHT * self.workers:
                    yield waiting.popleft()[1].result()
            while waiting:
                yield waiting.popleft()[1].result()
        except BrokenProcessPool as error:
            raise DataError(
                "a decoding process died: out of memory, or an image that crashes its decoder. Run again to go on where"
                " it stopped; with --workers 0 it decodes in one process"
            ) from error

    def _started(self) -> Executor:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=spawn, initializer=_end_with_parent)
        return self._pool


def default_workers() -> int:
    """Processes to decode in: one less than the processors this process may use, at most 8, at least 1."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(8, processors - 1))


def _end_with_parent() -> None:
    """Let a worker end when this process is killed; a worker of the standard library would wait for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _hash_file(path: Path | StoredImage) -> DecodedImage:
    try:
        return DecodedImage(path, hashlib.sha256(_read(path)).digest())
    except BadImageError as error:
        return DecodedImage(path, b"", problem=str(error))


def _decode_file(path: Path | StoredImage, prepare: Prepare, enough: int | None) -> DecodedImage:
    key = b""
    try:
        content = _read(path)
        key = hashlib.sha256(content).digest()
        picture = decode_image(content, enough)
    except BadImageError as error:
        return DecodedImage(path, key, problem=str(error))
    try:
        return DecodedImage(path, key, pixels=prepare(picture))
    except Exception as error:  # the encoder's own code; one odd picture must not end the run
        return DecodedImage(path, key, problem=f"the encoder cannot prepare it: {type(error).__name__}: {error}")


def _read(path: Path | StoredImage) -> bytes:
    try:
        if not isinstance(path, Path):
            return path.read()
        if path.is_dir():
            raise BadImageError("a directory, not a file")
        return path.read_bytes()
    except FileNotFoundError:
        raise BadImageError("no such file") from None
    except OSError as error:
        raise BadImageError(f"cannot be read: {error.strerror or error}") from None
