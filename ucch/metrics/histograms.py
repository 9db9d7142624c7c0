"""The core of evaluation: items and relevant items at each Hamming distance of each query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._checks import positive_int
from ..codes import PackedCodes, check_packed
from ._counting import code_words, count_into
from .label_sets import LabelSets, check_same_kind, label_sets

__all__ = ["DistanceHistograms", "distance_histograms"]

_BLOCK = 1 << 18  # database items prepared at a time


@dataclass(frozen=True, eq=False)
class DistanceHistograms:
    """How many database items, and how many relevant ones, lie at each distance of each query.

    A Hamming ranking is known up to the order inside each distance, so every measure here is computed from these
    counts, exactly. Histograms of two parts of a database add up to those of the whole: ``first + second``.

    Attributes:
        counts: int64 (Q, D+1), items at distance 0..D.
        relevant: int64 (Q, D+1), those among them that share a label with the query.
        gains: int64 (Q, D+1, G+1), items by the number of labels shared, 0..G; None unless asked for.
    """

    counts: npt.NDArray[np.int64]
    relevant: npt.NDArray[np.int64]
    gains: npt.NDArray[np.int64] | None = None

    @classmethod
    def from_table(cls, table: npt.NDArray[np.int64], *, graded: bool) -> DistanceHistograms:
        """Sum a table (Q, D+1, levels) of items by distance and gain; level 0 holds the irrelevant items."""
        return cls(table.sum(axis=2), table[:, :, 1:].sum(axis=2), table if graded else None)

    @property
    def n_queries(self) -> int:
        """Q."""
        return int(self.counts.shape[0])

    @property
    def n_bits(self) -> int:
        """D."""
        return int(self.counts.shape[1]) - 1

    @property
    def n_items(self) -> int:
        """M, the items counted for every query."""
        return int(self.counts[0].sum())

    @property
    def n_relevant(self) -> npt.NDArray[np.int64]:
        """R (Q,), the relevant items of each query."""
        return np.asarray(self.relevant.sum(axis=1))

    def without_distances(self) -> DistanceHistograms:
        """The same items all at one distance: what a ranking that knows nothing has in expectation."""
        gains = None if self.gains is None else self.gains.sum(axis=1, keepdims=True)
        return DistanceHistograms(
            self.counts.sum(axis=1, keepdims=True), self.relevant.sum(axis=1, keepdims=True), gains
        )

    def __add__(self, other: DistanceHistograms) -> DistanceHistograms:
        mine, theirs = self.gains, other.gains
        same_gains = mine.shape == theirs.shape if mine is not None and theirs is not None else mine is theirs
        if self.counts.shape != other.counts.shape or not same_gains:
            raise ValueError(
                "histograms to add must count the same queries at the same distances and gains,"
                f" got {self._shape()} and {other._shape()}"
            )
        gains = mine + theirs if mine is not None and theirs is not None else None
        return DistanceHistograms(self.counts + other.counts, self.relevant + other.relevant, gains)

    def _shape(self) -> str:
        levels = "no gains" if self.gains is None else f"gains 0..{self.gains.shape[2] - 1}"
        return f"{self.n_queries} queries of {self.n_bits} bits with {levels}"


def distance_histograms(
    query_codes: PackedCodes,
    database_codes: PackedCodes,
    query_labels: npt.ArrayLike,
    database_labels: npt.ArrayLike,
    n_bits: int,
    *,
    graded: bool = False,
) -> DistanceHistograms:
    """Count items and relevant items by Hamming distance, for each query.

    An item is relevant where it shares at least one label with the query:
    ``counts[q, d] = #{i : |q xor i| = d}``. For instance-level retrieval give item numbers as labels, such as
    ``np.arange(Q)`` on both sides: then the only relevant item is the query's own pair.

    Args:
        query_codes: packed uint8 (Q, ceil(D/8)), Q >= 1.
        database_codes: packed uint8 (M, ceil(D/8)), M >= 1; may be memory-mapped.
        query_labels: class numbers (Q,), or multi-hot (Q, C) of booleans or 0/1.
        database_labels: the same kind, (M,) or (M, C).
        n_bits: D.
        graded: also count items by the number of labels shared, which NDCG needs.

    Returns:
        The histograms. Cost: O(Q M (D + C) / 64) word operations on all cores; memory beside the arguments:
        ``16 Q (D+1)`` bytes of counts and at most about ``2^18 (D + C) / 8`` bytes of prepared items,
        whatever Q x M is.

    Raises:
        TypeError: codes are not packed uint8, or class numbers are not integers.
        ValueError: a width, a row count or a kind of label does not fit its counterpart.

    Example:
        >>> codes = np.array([[0b10100000], [0b11100000], [0b00000000]], np.uint8)
        >>> distance_histograms(codes[:1], codes, [7], [7, 2, 7], n_bits=3).relevant
        array([[1, 0, 1, 0]])
    """
    queries = QuerySide(query_codes, query_labels, n_bits, graded=graded)
    table = queries.empty_table()
    if len(database_codes) == 0:
        raise ValueError("database_codes must hold at least one item, got none")
    queries.count(table, database_codes, database_labels)
    return DistanceHistograms.from_table(table, graded=graded)


class QuerySide:
    """Checked queries, ready to be counted against any number of database chunks."""

    def __init__(
        self, query_codes: PackedCodes, query_labels: npt.ArrayLike, n_bits: int, *, graded: bool = False
    ) -> None:
        self.n_bits = positive_int("n_bits", n_bits)
        self.graded = graded
        self.labels = label_sets("query_labels", query_labels)
        codes = _check_rows("query", query_codes, n_bits, len(self.labels))
        self.codes = _check_padding("query_codes", codes, n_bits)
        if len(self.codes) == 0:
            raise ValueError("query_codes must hold at least one query, got none")
        self.words = code_words(self.codes)

    def empty_table(self) -> npt.NDArray[np.int64]:
        """Return zeros (Q, D+1, levels)."""
        n_levels = 1 + max(1, self.labels.most_labels()) if self.graded else 2
        return np.zeros((len(self.codes), self.n_bits + 1, n_levels), np.int64)

    def count(self, table: npt.NDArray[np.int64], database_codes: PackedCodes, database_labels: npt.ArrayLike) -> None:
        """Add the items of one chunk to ``table``."""
        for words, labels in self.blocks(database_codes, database_labels):
            count_into(table, self.words, words, self.labels, labels)

    def blocks(
        self, database_codes: PackedCodes, database_labels: npt.ArrayLike
    ) -> Iterator[tuple[npt.NDArray[np.uint64], LabelSets]]:
        """Check and prepare the database, a block of items at a time."""
        rows = np.asarray(database_labels)
        codes = _check_rows("database", database_codes, self.n_bits, len(rows))
        for start in range(0, len(codes), _BLOCK):
            block = slice(start, start + _BLOCK)
            labels = label_sets("database_labels", rows[block])
            check_same_kind(self.labels, labels)
            yield code_words(_check_padding("database_codes", codes[block], self.n_bits)), labels


def _check_padding(name: str, codes: PackedCodes, n_bits: int) -> PackedCodes:
    padding = -n_bits % 8
    if padding and (codes[:, -1] & ((1 << padding) - 1)).any():
        raise ValueError(
            f"{name} must have zero padding bits after bit {n_bits}, got set ones; is n_bits right, and are the codes"
            " packed most significant bit first?"
        )
    return codes


def _check_rows(side: str, codes: PackedCodes, n_bits: int, n_labels: int) -> PackedCodes:
    array = check_packed(f"{side}_codes", np.asarray(codes), n_bits)
    if array.ndim != 2:
        raise ValueError(f"{side}_codes must be rows of packed codes, got shape {array.shape}")
    if len(array) != n_labels:
        raise ValueError(
            f"{side}_codes and {side}_labels must have the same number of rows, got {len(array)} and {n_labels}"
        )
    return array
