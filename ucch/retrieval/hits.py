"""What a search found, query by query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Hits"]


@dataclass(frozen=True)
class Hits:
    """The items found for Q queries, one query after the other, nearest first, equal distances in the order of the ids.

    A query that found fewer items than asked for is simply shorter: there is no padding.

    Attributes:
        ids: (n,) int64 numbers or text, n items over all queries.
        distances: (n,) of the same order: int32 differing bits, or float32 scores after re-ranking (smaller is nearer).
        starts: (Q + 1,) int64; query i owns ``ids[starts[i]:starts[i + 1]]``.
        probability: (n,) of being the query's partner, where the index is calibrated; else None.
        likely: (n,) whether each is a likely match; None as above.

    Example:
        >>> hits = Hits(np.array([7, 3, 5]), np.array([0, 2, 1]), np.array([0, 2, 3]))
        >>> [ids.tolist() for ids, _ in hits]
        [[7, 3], [5]]
    """

    ids: npt.NDArray[Any]
    distances: npt.NDArray[Any]
    starts: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64] | None = None
    likely: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, query: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Ids and distances of one query."""
        if not -len(self) <= query < len(self):
            raise IndexError(f"query must lie in [0, {len(self)}), got {query}")
        first = query % len(self)
        own = slice(int(self.starts[first]), int(self.starts[first + 1]))
        return self.ids[own], self.distances[own]

    def __iter__(self) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        return (self[query] for query in range(len(self)))

    def to_json(self) -> dict[str, Any]:
        """The answer as ``ucch search --json`` prints it: ``{"queries": [{"hits": [{"id": 7, "distance": 0}]}]}``.

        A hit of a calibrated index also has ``probability``, in [0, 1], and ``match``, ``likely`` or ``weak``.
        """
        columns: dict[str, list[Any]] = {"id": self.ids.tolist(), "distance": self.distances.tolist()}
        if self.probability is not None and self.likely is not None:
            columns["probability"] = self.probability.round(4).tolist()
            columns["match"] = self.match
        hits = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return {
            "queries": [
                {"hits": hits[first:last]} for first, last in zip(self.starts[:-1], self.starts[1:], strict=True)
            ]
        }

    @property
    def match(self) -> list[str]:
        """``likely`` or ``weak`` for each hit; empty where the index is not calibrated."""
        return [] if self.likely is None else ["likely" if one else "weak" for one in self.likely.tolist()]


def cut_to(ids: npt.NDArray[Any], distances: npt.NDArray[Any], kept: npt.NDArray[np.bool_], k: int) -> Hits:
    """Order the kept cells of (Q, F) matrices by distance, then id, and leave at most ``k`` of each row."""
    last = np.array(np.inf, distances.dtype) if distances.dtype.kind == "f" else np.iinfo(distances.dtype).max
    order = np.lexsort((ids, np.where(kept, distances, last)), axis=1)[:, :k]
    kept = np.take_along_axis(kept, order, 1)
    starts = np.zeros(len(kept) + 1, np.int64)
    np.cumsum(kept.sum(1), out=starts[1:])
    return Hits(np.take_along_axis(ids, order, 1)[kept], np.take_along_axis(distances, order, 1)[kept], starts)
