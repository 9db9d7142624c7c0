"""Image files to features: decoded in worker processes, encoded in batches, each content once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..encoders import Features, ImageEncoder
from ..errors import DataError
from ..images import DECODING_VERSION, DecodedImage, ImagePool
from ..images.stored import StoredImage, as_pictures
from .cache import FeatureCache

__all__ = ["BadFile", "ImageFeatures", "encode_images"]

BLOCK_BATCHES = 32  # files looked up at a time, in batches; bounds what is read twice
SHOWN = 5


@dataclass(frozen=True)
class BadFile:
    """A file that could not be used, and why."""

    path: Path | StoredImage
    reason: str


@dataclass(frozen=True, eq=False)
class ImageFeatures:
    """Hold the features of the good files.

    Args:
        features: (n_good, d) float32, in the order of the paths.
        good: (n,) bool, which of the paths they belong to.
        bad: the others, with reasons.
        n_encoded: contents that the encoder ran on; the rest came from the cache or were the same picture again.
        keys: SHA-256 of the content of each of the paths; empty where it is bad.
    """

    features: Features
    good: np.ndarray[tuple[int], np.dtype[np.bool_]]
    bad: list[BadFile]
    n_encoded: int
    keys: list[bytes]


@dataclass
class _Progress:
    """What :func:`encode_images` keeps up to date."""

    n_files: int
    on_progress: Callable[[int, int], None] | None
    n_done: int = 0
    n_encoded: int = 0
    bad: list[BadFile] = field(default_factory=list)

    def reach(self, n_done: int) -> None:
        self.n_done = n_done
        if self.on_progress is not None:
            self.on_progress(n_done, self.n_files)


def encode_images(
    paths: Sequence[str | Path | StoredImage],
    encoder: ImageEncoder,
    *,
    cache_folder: str | Path | None = None,
    batch_size: int = 64,
    workers: int = 0,
    max_bad: float = 0.05,
    on_progress: Callable[[int, int], None] | None = None,
) -> ImageFeatures:
    """Encode image files; broken and missing ones are left out and listed.

    Every content is encoded once, however many files hold it, and kept in the cache batch by batch. Batches are
    formed in the order of the paths, so a run that was stopped forms the same ones when it goes on, and ends with the
    same features.

    Args:
        paths: the files, or pictures in shards and tables.
        encoder: an image encoder.
        cache_folder: where features are kept between runs; None keeps nothing.
        batch_size: pictures per call of the encoder.
        workers: processes that decode; 0 decodes in this one.
        max_bad: share of the files that may be bad; one more is an error.
        on_progress: called with the files done and the number of files.

    Raises:
        DataError: more files are bad than ``max_bad`` allows, none is good, or a worker died.
        ValueError: ``batch_size`` is below 1, or ``max_bad`` outside [0, 1].
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if not 0 <= max_bad <= 1:
        raise ValueError(f"max_bad must lie in [0, 1], got {max_bad}")
    paths = list(as_pictures(paths))
    features = np.empty((len(paths), encoder.dimension), dtype=np.float32)
    good = np.zeros(len(paths), dtype=np.bool_)
    progress = _Progress(len(paths), on_progress)
    keys: list[bytes] = []
    digest = hashlib.sha256(f"images {DECODING_VERSION} {encoder.digest}".encode()).hexdigest()
    with FeatureCache(cache_folder, digest, encoder.dimension) as cache, ImagePool(encoder.prepare, workers) as pool:
        for start in range(0, len(paths), BLOCK_BATCHES * batch_size):
            block = paths[start : start + BLOCK_BATCHES * batch_size]
            keys += _encode_block(block, encoder, cache, pool, batch_size, progress)
            for row, key in enumerate(keys[start:], start=start):
                if key in cache:
                    features[row], good[row] = cache.get(key), True
            _check_bad(progress.bad, len(paths), max_bad)
            progress.reach(start + len(block))
    if not good.any():
        raise DataError(f"none of the {len(paths)} image files can be used: {_examples(progress.bad)}")
    return ImageFeatures(features if good.all() else features[good], good, progress.bad, progress.n_encoded, keys)


def _encode_block(
    paths: Sequence[str | Path | StoredImage],
    encoder: ImageEncoder,
    cache: FeatureCache,
    pool: ImagePool,
    batch_size: int,
    progress: _Progress,
) -> list[bytes]:
    """Bring a block of files into the cache; returns each file's key, empty where it is bad."""
    hashed = list(pool.hash_files(paths))
    missing = {entry.key: entry.path for entry in reversed(hashed) if entry.key and entry.key not in cache}
    problems: dict[bytes, str] = {}
    batch: list[DecodedImage] = []
    for entry in pool.decode([missing[key] for key in reversed(missing)]):
        if entry.problem is not None:
            problems[entry.key] = entry.problem
            continue
        batch.append(entry)
        if len(batch) == batch_size:
            _encode_batch(batch, encoder, cache, progress)
            batch = []
    if batch:
        _encode_batch(batch, encoder, cache, progress)
    keys = []
    for entry in hashed:
        reason = entry.problem or problems.get(entry.key)
        if reason is None and entry.key not in cache:
            reason = "it changed while it was read"
        if reason is not None:
            progress.bad.append(BadFile(entry.path, reason))
        keys.append(b"" if reason is not None else entry.key)
    return keys


def _encode_batch(
    batch: Sequence[DecodedImage], encoder: ImageEncoder, cache: FeatureCache, progress: _Progress
) -> None:
    features = check_features(encoder, encoder.encode([entry.pixels for entry in batch]), len(batch))
    cache.put([entry.key for entry in batch], features)
    progress.n_encoded += len(batch)
    progress.reach(progress.n_done + len(batch))


def check_features(encoder: Any, features: Any, n_rows: int) -> Features:
    """Refuse what an encoder must not return: another shape, or values that are not finite."""
    shape = (n_rows, encoder.dimension)
    if not isinstance(features, np.ndarray) or features.shape != shape or features.dtype != np.float32:
        got = f"{features.dtype} {features.shape}" if isinstance(features, np.ndarray) else type(features).__name__
        raise DataError(f"encoder {encoder.name} must return float32 features of shape {shape}, got {got}")
    if not np.isfinite(features).all():
        raise DataError(f"encoder {encoder.name} returned features that are not finite")
    return features


def _check_bad(bad: Sequence[BadFile], n_files: int, max_bad: float) -> None:
    if len(bad) > max_bad * n_files:
        raise DataError(
            f"{len(bad)} of {n_files} image files are bad, more than the share {max_bad:g} that --max-bad allows:"
            f" {_examples(bad)}"
        )


def _examples(bad: Sequence[BadFile]) -> str:
    shown = "; ".join(f"{entry.path} ({entry.reason})" for entry in bad[:SHOWN])
    return shown + (f"; and {len(bad) - SHOWN} more" if len(bad) > SHOWN else "")
