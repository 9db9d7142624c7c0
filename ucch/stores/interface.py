"""What a store must do."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .._checks import positive_int
from ..codes import PackedCodes
from ..errors import DataError
from ..retrieval.hits import Hits, cut_to
from ..retrieval.rows import Ids, as_ids, checked_codes, distinct, shown_ids

__all__ = ["CodeStore", "Metadata", "Scalar", "Where", "plain_list"]

Scalar = str | int | float | bool
Metadata = Mapping[str, Sequence[Scalar]]
Where = Mapping[str, Scalar | Sequence[Scalar]]
_FIELD = re.compile("[A-Za-z][A-Za-z0-9_]{0,62}")
_RESERVED = frozenset({"id", "code", "distance"})


class CodeStore(ABC):
    """Codes with ids and metadata, kept by an engine that outlasts the process.

    The engines differ in how they order equal distances; the search asks for more until every item at the k-th
    distance is known, and gives the order of :class:`~ucch.retrieval.BinaryIndex`: by distance, then by id.

    Attributes:
        n_bits: D.
        model: digest of the model that made the codes, empty where it is not known.
        largest: items that the engine gives for one query at most; ties beyond are cut as the engine does.
    """

    n_bits: int
    model: str
    numbers: bool
    largest: int = 1 << 30
    batch: int = 5000

    def upsert(
        self,
        ids: Ids,
        codes: PackedCodes,
        metadata: Metadata | None = None,
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Add items, and replace those whose id is there, in batches.

        Args:
            ids: n distinct whole numbers or texts, of one kind in a store.
            codes: (n, ceil(D/8)).
            metadata: columns of n texts, numbers or truth values, the same columns in every call.
            on_progress: called with items done and items in all.

        Raises:
            DataError: ids repeat or are of the other kind, counts differ, or a column is badly named.
            StoreError: the columns are others than those that are there.
            TypeError, ValueError: codes of another kind or width.
        """
        codes, stored = checked_codes("codes", codes, self.n_bits), distinct(self._kind(ids))
        columns = {name: list(values) for name, values in (metadata or {}).items()}
        for name, n in {"ids": len(stored), **{name: len(values) for name, values in columns.items()}}.items():
            if n != len(codes):
                raise DataError(f"{name} must be as many as codes, {len(codes)}, got {n}")
        for name in columns:
            _check_field(name)
        shown = shown_ids(stored).tolist()
        for start in range(0, len(codes), self.batch):
            rows = slice(start, start + self.batch)
            self._upsert(shown[rows], codes[rows], {name: values[rows] for name, values in columns.items()})
            if on_progress is not None:
                on_progress(min(start + self.batch, len(codes)), len(codes))

    def search(self, queries: PackedCodes, k: int = 10, *, where: Where | None = None) -> Hits:
        """Find the ``k`` items nearest to each query.

        Args:
            queries: (Q, ceil(D/8)) or one code.
            k: items asked for.
            where: only items whose metadata has this value, or one of these; every column must agree.

        Raises:
            TypeError, ValueError: queries of another kind or width, ``k`` below 1.
            DataError: a badly named column.
        """
        positive_int("k", k)
        queries = checked_codes("queries", queries, self.n_bits)
        for name in where or {}:
            _check_field(name)
        parts = [self._nearest(query, k, where or {}) for query in queries]
        starts = np.cumsum([0, *(len(ids) for ids, _ in parts)], dtype=np.int64)
        ids = np.concatenate([ids for ids, _ in parts]) if parts else np.empty(0, np.int64)
        distances = np.concatenate([part for _, part in parts]) if parts else np.empty(0, np.int32)
        return Hits(shown_ids(ids), distances, starts)

    def delete(self, ids: Ids) -> None:
        """Take items out; an id that is not there is passed over.

        Raises:
            DataError: ids of the other kind.
        """
        shown = shown_ids(self._kind(ids)).tolist()
        for start in range(0, len(shown), self.batch):
            self._delete(shown[start : start + self.batch])

    @abstractmethod
    def count(self) -> int:
        """Items in the store."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection; what was written stays."""

    @abstractmethod
    def _upsert(self, ids: list[Any], codes: PackedCodes, metadata: dict[str, list[Scalar]]) -> None:
        """Add or replace one batch."""

    @abstractmethod
    def _delete(self, ids: list[Any]) -> None:
        """Take one batch out."""

    @abstractmethod
    def _fetch(self, query: PackedCodes, n: int, where: Where) -> tuple[list[Any], list[float]]:
        """Ids and distances of the ``n`` items nearest to one query, equal distances in any order."""

    def _nearest(self, query: PackedCodes, k: int, where: Where) -> tuple[npt.NDArray[Any], npt.NDArray[np.int32]]:
        fetch = min(max(2 * k, k + 32), self.largest)
        while True:
            found, far = self._fetch(query, fetch, where)
            distances = np.array(far).astype(np.int32)
            if len(found) < fetch or fetch == self.largest or distances.max() > np.sort(distances)[k - 1]:
                ids = self._kind(found)[None] if found else np.empty((1, 0), np.int64)
                return cut_to(ids, distances[None], np.ones((1, len(found)), bool), k)[0]
            fetch = min(4 * fetch, self.largest)

    def _kind(self, ids: Ids) -> npt.NDArray[Any]:
        stored = as_ids(ids)
        if len(stored) and (stored.dtype.kind == "i") != self.numbers:
            raise DataError(f"ids of this store are {'whole numbers' if self.numbers else 'text'}, got {ids[0]!r}")
        return stored


def plain_list(values: Scalar | Sequence[Scalar]) -> list[Any]:
    """One value or several as a list of Python's own, NumPy's scalars undone."""
    listed = [values] if isinstance(values, str | int | float | bool) else list(values)
    return [one.item() if isinstance(one, np.generic) else one for one in listed]


def _check_field(name: str) -> None:
    if not _FIELD.fullmatch(name) or name.lower() in _RESERVED:
        raise DataError(
            f"metadata column {name!r} must be a word of letters, digits and _ that begins with a letter,"
            f" and none of {', '.join(sorted(_RESERVED))}"
        )
