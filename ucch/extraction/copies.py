"""Pictures that are copies of one another, byte for byte or re-encoded and resized, and the sides they stand on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data.left_out import SHOWN
from ..encoders import Features
from ..images import DECODING_VERSION, hash_pictures, near_pairs
from ..images.perceptual_hash import HASH_VERSION, Hashes
from ..images.stored import StoredImage, as_pictures
from ..near_codes import first_of_group
from .cache import FeatureCache

__all__ = ["Copies", "CopyCount", "find_copies"]

_BLOCK = 2048  # pictures hashed between two writes of the cache
_FLAT = -1.0  # in the cache, of a picture whose hash says nothing

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CopyCount:
    """Count pictures that are copies of one kind.

    Args:
        count: pictures that are copies of an earlier one.
        first: the first three, as ``copy = original``.
        across: queries with a copy among the training pictures.
        first_across: the first three, as ``query = training picture``.
    """

    count: int = 0
    first: list[str] = field(default_factory=list)
    across: int = 0
    first_across: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {"count": self.count, "first": self.first, "across": self.across, "first_across": self.first_across}


@dataclass(frozen=True, eq=False)
class Copies:
    """Hold which pictures are copies of which.

    Args:
        equal: (n,) for each picture the first one with the same bytes.
        near: (n,) the first one of its group, where pictures are chained that have the same bytes or look alike.

    Example:
        >>> copies = Copies(equal=np.array([0, 1, 0, 3]), near=np.array([0, 1, 0, 1]))
        >>> copies.together(np.array([True, False, False, False])).tolist()
        [True, False, True, False]
        >>> copies.counted(np.array([True, False, True, True]), "abcd", near=True).to_json()
        {'count': 1, 'first': ['d = b'], 'across': 1, 'first_across': ['d = b']}
    """

    equal: Rows
    near: Rows

    def together(self, is_query: Mask, *, near: bool = False) -> Mask:
        """Put every picture on the side of the first of its group, (n,).

        Where no query would be left by that, a group asks if any of it was drawn.

        Args:
            is_query: (n,) as drawn, picture by picture.
            near: whether pictures that look alike are a group, too.
        """
        first = self.near if near else self.equal
        chosen: Mask = is_query[first]
        return chosen if chosen.any() else np.isin(first, first[is_query])

    def of_queries(self, is_query: Mask) -> Mask:
        """Training pictures with the same bytes as a query, or that look like one, (n,)."""
        return ~is_query & np.isin(self.near, self.near[is_query])

    def counted(self, is_query: Mask, names: Sequence[str], *, near: bool, among: Mask | None = None) -> CopyCount:
        """Count the copies of one kind; those with the same bytes are not counted as near.

        Args:
            is_query: (n,) the sides of the pictures.
            names: (n,) of the pictures.
            near: those that look alike, or those with the same bytes.
            among: (n,) pictures that are on a side at all; all by default.
        """
        rows, first = np.arange(len(names)), self.near if near else self.equal
        used = np.ones(len(names), dtype=np.bool_) if among is None else among
        asks, trains = used & is_query, used & ~is_query
        copies, asking = first != rows, asks & np.isin(first, first[trains])
        if near:
            copies &= self.equal == rows
            asking &= ~np.isin(self.equal, self.equal[trains])
        trained = {int(first[row]): row for row in np.flatnonzero(trains)[::-1].tolist()}
        return CopyCount(
            int(copies.sum()),
            [f"{names[row]} = {names[first[row]]}" for row in np.flatnonzero(copies)[:SHOWN].tolist()],
            int(asking.sum()),
            [f"{names[row]} = {names[trained[int(first[row])]]}" for row in np.flatnonzero(asking)[:SHOWN].tolist()],
        )


def find_copies(
    paths: Sequence[str | Path | StoredImage],
    keys: Sequence[bytes],
    *,
    cache_folder: str | Path | None = None,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Copies:
    """Find pictures with the same bytes, and those that look alike by :func:`~ucch.images.perceptual_hash`.

    Every content is hashed once and kept in the cache. O(n) beside decoding; pairs are found by
    :func:`~ucch.images.near_pairs`.

    Args:
        paths: the pictures.
        keys: SHA-256 of their contents; empty of a bad one, which is a copy of none.
        cache_folder: where hashes are kept between runs; None keeps nothing.
        workers: processes that decode.
        on_progress: called with the contents hashed and their number.
    """
    items = list(as_pictures(paths))
    first: dict[bytes, int] = {}
    equal = np.array([first.setdefault(key, row) if key else row for row, key in enumerate(keys)], dtype=np.int64)
    held = np.array(list(first.values()), dtype=np.int64)
    hashes, known = _hashes(
        [items[row] for row in held], list(first), cache_folder=cache_folder, workers=workers, on_progress=on_progress
    )
    alike = held[known][near_pairs(hashes[known])]
    rows = np.arange(len(keys))
    again = equal != rows
    one, other = (np.concatenate([alike[:, side], same]) for side, same in enumerate((equal[again], rows[again])))
    return Copies(equal, first_of_group(len(keys), one, other))


def _hashes(
    paths: Sequence[Path | StoredImage],
    keys: Sequence[bytes],
    *,
    cache_folder: str | Path | None,
    workers: int,
    on_progress: Callable[[int, int], None] | None,
) -> tuple[Hashes, Mask]:
    """Hashes of different contents, and which of them say something."""
    digest = hashlib.sha256(f"perceptual hash {DECODING_VERSION} {HASH_VERSION}".encode()).hexdigest()
    with FeatureCache(cache_folder, digest, 4) as cache:
        missing = [row for row, key in enumerate(keys) if key not in cache]
        for start in range(0, len(missing), _BLOCK):
            block = missing[start : start + _BLOCK]
            done = len(keys) - len(missing) + start
            found = hash_pictures(
                [paths[row] for row in block],
                workers=workers,
                on_progress=None if on_progress is None else partial(_reach, on_progress, done, len(keys)),
            )
            cache.put([keys[row] for row in block], _as_features(*found))
        if on_progress is not None:
            on_progress(len(keys), len(keys))
        kept = np.array([cache.get(key) for key in keys], dtype=np.float32).reshape(len(keys), 4)
    known = kept[:, 0] != _FLAT
    return np.where(known[:, None], kept, 0).astype("<u2").view("<u8").astype(np.uint64)[:, 0], known


def _reach(on_progress: Callable[[int, int], None], before: int, total: int, done: int, _: int) -> None:
    on_progress(before + done, total)


def _as_features(hashes: Hashes, known: Mask) -> Features:
    """64 bits as four whole numbers below 2^16, which float32 holds as they are."""
    parts = hashes.astype("<u8")[:, None].view("<u2").astype(np.float32)
    parts[~known] = _FLAT
    return parts
