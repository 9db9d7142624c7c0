"""Query images that are nearly a training image, by their features alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import row_chunks
from .dataset import ItemDataset

__all__ = ["NearRows", "near_rows"]

_MOST_QUERIES, _WORK = 1000, 4 * 10**10  # queries looked at; products of numbers
_SHARE = 1 / 15  # of the usual distance
_SAMPLE = 4096  # training rows that say what the mean is


@dataclass(frozen=True)
class NearRows:
    """Count query images whose nearest training image is much nearer than is usual.

    Args:
        count: such queries.
        looked_at: queries looked at, evenly spread.
        first: the first three, as (query row, training row).
    """

    count: int
    looked_at: int
    first: list[tuple[int, int]]

    def sentence(self) -> str:
        """One line, empty where there are none."""
        if not self.count:
            return ""
        pairs = ", ".join(f"query {query} and training row {row}" for query, row in self.first)
        return (
            f"{self.count} of {self.looked_at} query images looked at are nearer to a training image than a fifteenth"
            f" of the usual distance ({pairs}): are they the same pictures, re-encoded?"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {"count": self.count, "looked_at": self.looked_at, "first": [list(pair) for pair in self.first]}


def near_rows(dataset: ItemDataset) -> NearRows:
    """Look for query images that are nearly a training image, in a set that has the view ``image``.

    The distance is 1 - cosine, of features less the mean of training images; the usual one is the median over the
    queries of the distance to their nearest training image. A query is near where its own is below a fifteenth of that,
    and not 0: equal rows are :func:`~ucch.data.check_overlap`'s. At most 1,000 queries are looked at, fewer where
    training images are many, so that the cost is one pass over these and at most 4 10^10 multiplications beside.

    Features keep less than pictures show: on 500 photographs all copies at quality 70 are found and none at half the
    size, whose EfficientNet-Lite0 features differ as those of other photographs do. Where pictures are at hand,
    :func:`ucch.extraction.find_copies` sees both.
    """
    train, query = (items.views["image"] for items in (dataset.train, dataset.query))
    most = int(np.clip(_WORK // (len(train) * train.shape[1]), 50, _MOST_QUERIES))
    rows = np.arange(0, len(query), -(-len(query) // most))
    with np.errstate(over="ignore", invalid="ignore"):  # features near the end of float32 are near nothing
        distance, where = _nearest(dataset, rows)
    near = np.flatnonzero(distance < _SHARE * np.median(distance))
    near = np.array([row for row in near if not np.array_equal(query[rows[row]], train[where[row]])], dtype=np.int64)
    return NearRows(len(near), len(rows), [(int(rows[row]), int(where[row])) for row in near[:3]])


def _nearest(
    dataset: ItemDataset, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Distance to the nearest training image of some queries, and its row."""
    train, query = (items.views["image"] for items in (dataset.train, dataset.query))
    mean = np.asarray(train[:: -(-len(train) // _SAMPLE)], dtype=np.float32).mean(axis=0)
    asked = _unit(np.asarray(query[rows], dtype=np.float32) - mean)
    best, where = np.full(len(rows), -np.inf, dtype=np.float32), np.zeros(len(rows), dtype=np.int64)
    for chunk in row_chunks(train):
        cosines = asked @ _unit(np.asarray(train[chunk], dtype=np.float32) - mean).T
        place = cosines.argmax(axis=1)
        found = cosines[np.arange(len(rows)), place]
        better = found > best
        best[better], where[better] = found[better], place[better] + chunk.start
    return 1 - best, where


def _unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: npt.NDArray[np.float32] = rows / np.maximum(length, np.finfo(np.float32).tiny)
    return unit
