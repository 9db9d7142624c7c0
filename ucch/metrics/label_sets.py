"""Labels as the evaluation reads them: one class per item, or a set of labels as bits of machine words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LabelSets", "check_same_kind", "label_sets"]


@dataclass(frozen=True, eq=False)
class LabelSets:
    """Labels of ``n`` items, ready to be compared.

    Attributes:
        words: (L, n). One row of class numbers for single labels; for label sets ``ceil(C / w)`` rows of w-bit
            words, item ``i`` holding label ``c`` where bit ``c`` of its words is set.
        n_labels: C, the width of multi-hot labels; 0 for class numbers.
    """

    words: npt.NDArray[Any]
    n_labels: int

    def __len__(self) -> int:
        return int(self.words.shape[1])

    @property
    def single(self) -> bool:
        """Whether every item holds exactly one class number."""
        return self.n_labels == 0

    def __getitem__(self, items: slice) -> LabelSets:
        """Return some of the items, sharing memory."""
        return LabelSets(self.words[:, items], self.n_labels)

    def most_labels(self) -> int:
        """Return the size of the largest label set, the highest gain such a query can give."""
        if self.single:
            return 1
        sizes = np.bitwise_count(self.words).sum(axis=0, dtype=np.int64)
        return int(sizes.max(initial=0))


def label_sets(name: str, labels: npt.ArrayLike) -> LabelSets:
    """Read labels given as class numbers or as multi-hot rows.

    Args:
        name: what error messages call ``labels``.
        labels: integers >= 0, (n,), one class per item; or (n, C) of booleans or 0/1 numbers, any C >= 1.

    Returns:
        The labels as words: uint8, uint16, uint32 or uint64, the narrowest that holds C; several uint64 above 64.

    Raises:
        TypeError: class numbers are not integers.
        ValueError: the shape is neither, a class number is negative, or a multi-hot entry is not 0 or 1.
    """
    array = np.asarray(labels)
    if array.ndim == 1:
        return LabelSets(_class_numbers(name, array)[None, :], 0)
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"{name} must be class numbers (n,) or multi-hot rows (n, C), got shape {array.shape}")
    if array.dtype != np.bool_:
        present = array == 1
        wrong = ~(present | (array == 0))
        if wrong.any():
            row, column = (int(i) for i in np.argwhere(wrong)[0])
            raise ValueError(f"{name} must be multi-hot rows of 0 and 1, got {array[row, column]} in row {row}")
        array = present
    return LabelSets(_bit_words(array), int(array.shape[1]))


def check_same_kind(query: LabelSets, database: LabelSets) -> None:
    """Raise ``ValueError`` unless both sides hold class numbers, or label sets of one width."""
    if query.n_labels != database.n_labels:
        raise ValueError(
            "query_labels and database_labels must be of one kind and width,"
            f" got {_describe(query)} and {_describe(database)}"
        )


def _describe(labels: LabelSets) -> str:
    return "class numbers" if labels.single else f"multi-hot rows of {labels.n_labels} labels"


def _class_numbers(name: str, array: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    if array.dtype == np.bool_ or not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name} of shape (n,) must be integer class numbers, got {array.dtype}")
    if array.size and int(array.min()) < 0:
        raise ValueError(f"{name} must be class numbers of at least 0, got {int(array.min())}")
    return array.astype(np.int64)


def _bit_words(array: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    n_items, n_labels = array.shape
    size = next((size for size in (1, 2, 4) if n_labels <= 8 * size), 8)  # bytes of a word
    n_words = -(-n_labels // (8 * size))
    padded = np.zeros((n_items, n_words * size), np.uint8)
    packed = np.packbits(array, axis=1)
    padded[:, : packed.shape[1]] = packed
    return np.ascontiguousarray(padded.view(f"u{size}").T)  # (L, n)
