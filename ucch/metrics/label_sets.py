"""Labels as the evaluation reads them: one class per item, or a set of labels as bits of machine words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..label_forms import plain_labels

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
        labels: whole numbers of at least 0, (n,) or (n, 1), one class per item; or (n, C) of booleans or 0/1 numbers,
            any C >= 1: see :func:`~ucch.label_forms.plain_labels`. Text is no class here, since the classes of the
            other side are not known: :func:`~ucch.label_forms.read_labels` numbers it.

    Returns:
        The labels as words: uint8, uint16, uint32 or uint64, the narrowest that holds C; several uint64 above 64.

    Raises:
        TypeError: classes are text.
        ValueError: the shape is neither, a class has a fraction or is negative, or a multi-hot entry is not 0 or 1.
    """
    array = np.asarray(labels)
    if array.ndim in (1, 2) and len(array) == 0 and array.shape != (0, 0):  # an empty part of a database
        return LabelSets(np.empty((1, 0), np.int64), 0) if array.ndim == 1 else _of_matrix(array == 1)
    array = plain_labels(name, labels)
    if array.ndim == 2:
        return _of_matrix(array == 1)
    if array.dtype.kind == "U":
        raise TypeError(f"{name} must be class numbers, got text; ucch.label_forms.read_labels numbers both sides")
    if array.size and int(array.min()) < 0:
        raise ValueError(f"{name} must be class numbers of at least 0, got {int(array.min())}")
    return LabelSets(array.astype(np.int64)[None, :], 0)


def _of_matrix(present: npt.NDArray[np.bool_]) -> LabelSets:
    return LabelSets(_bit_words(present), int(present.shape[1]))


def check_same_kind(query: LabelSets, database: LabelSets) -> None:
    """Raise ``ValueError`` unless both sides hold class numbers, or label sets of one width."""
    if query.n_labels != database.n_labels:
        raise ValueError(
            "query_labels and database_labels must be of one kind and width,"
            f" got {_describe(query)} and {_describe(database)}"
        )


def _describe(labels: LabelSets) -> str:
    return "class numbers" if labels.single else f"multi-hot rows of {labels.n_labels} labels"


def _bit_words(array: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    n_items, n_labels = array.shape
    size = next((size for size in (1, 2, 4) if n_labels <= 8 * size), 8)  # bytes of a word
    n_words = -(-n_labels // (8 * size))
    padded = np.zeros((n_items, n_words * size), np.uint8)
    packed = np.packbits(array, axis=1)
    padded[:, : packed.shape[1]] = packed
    return np.ascontiguousarray(padded.view(f"u{size}").T)  # (L, n)
