"""Paired features: row i of the image array and row i of the text array belong together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .arrays import FeatureArray, check_finite, check_matrix, row_chunks
from .labels import LabelMatrix

__all__ = ["Pairs"]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Hold the image and text features of the same items, and their labels where the set has them.

    Arrays are checked once, here, and kept as they come: a memory-mapped array stays on disk, nothing is cast.

    Args:
        image: (n, dx) real finite numbers.
        text: (n, dy) real finite numbers.
        label: bool multi-hot (n, C) for evaluation, or None; :func:`ucch.data.multi_hot` makes it from classes.
        split: ``train``, ``query``, ``database`` or nothing: the ending of the array names in messages, nothing else.

    Raises:
        DataError: an array has the wrong kind or shape, is not finite, or the row counts differ.

    Example:
        >>> pairs = Pairs(np.zeros((3, 4)), np.ones((3, 2)))
        >>> len(pairs), pairs.take([2, 0]).text.shape
        (3, (2, 2))
    """

    image: FeatureArray
    text: FeatureArray
    label: LabelMatrix | None = None
    split: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        image_name, text_name, label_name = (self.array_name(kind) for kind in ("image", "text", "label"))
        # Kinds, shapes and row counts first: a slip in the second array must not wait for a full read of the first.
        image, text = check_matrix(image_name, self.image), check_matrix(text_name, self.text)
        _check_rows(image_name, image, text_name, text)
        if self.label is not None:
            _check_rows(image_name, image, label_name, _check_label(label_name, self.label))
        check_finite(image_name, image)
        check_finite(text_name, text)

    def __len__(self) -> int:
        return len(self.image)

    def __repr__(self) -> str:
        label = "None" if self.label is None else str(self.label.shape)
        return f"Pairs(image={self.image.shape}, text={self.text.shape}, label={label})"

    def array_name(self, kind: str) -> str:
        """Name of the ``image``, ``text`` or ``label`` array in messages and files: ``image_train``, ``text_query``."""
        return f"{kind}_{self.split}" if self.split else kind

    def digest(self) -> str:
        """Fingerprint the contents: SHA-256 over every array's kind, dtype, shape and bytes, read in chunks."""
        fingerprint = hashlib.sha256()
        for kind, array in (("image", self.image), ("text", self.text), ("label", self.label)):
            if array is None:
                continue
            fingerprint.update(f"{kind} {array.dtype.str} {array.shape}\n".encode())
            for rows in row_chunks(array):
                fingerprint.update(np.ascontiguousarray(array[rows]).data)
        return fingerprint.hexdigest()

    def take(self, rows: slice | npt.ArrayLike, *, split: str | None = None) -> Pairs:
        """Pick rows.

        Args:
            rows: a slice, which copies nothing; row numbers or a boolean mask, which read those rows into memory.
            split: the new pairs' split; this one's by default.
        """
        chosen: Any = rows if isinstance(rows, slice) else np.asarray(rows)
        label = None if self.label is None else self.label[chosen]
        return Pairs(self.image[chosen], self.text[chosen], label, split=self.split if split is None else split)


def _check_label(name: str, label: object) -> LabelMatrix:
    if isinstance(label, np.ndarray) and label.dtype == np.bool_ and label.ndim == 2 and 0 not in label.shape:
        return label
    got = f"dtype {label.dtype} and shape {label.shape}" if isinstance(label, np.ndarray) else type(label).__name__
    raise DataError(
        f"{name} must be a bool multi-hot array of shape (rows, classes), got {got}; ucch.data.multi_hot makes one"
    )


def _check_rows(first_name: str, first: FeatureArray, second_name: str, second: FeatureArray) -> None:
    if len(first) != len(second):
        raise DataError(
            f"{first_name} and {second_name} must have one row per pair, got shapes {first.shape} and {second.shape}"
        )
