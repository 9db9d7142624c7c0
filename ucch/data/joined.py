"""Pairs of two data sets, one behind the other."""

from __future__ import annotations

from typing import cast

import numpy as np

from ..errors import DataError
from .arrays import FeatureArray
from .dataset import PairedDataset
from .pairs import Pairs
from .row_parts import RowParts, in_file

__all__ = ["joined_dataset", "joined_pairs"]


def joined_pairs(first: Pairs, second: Pairs) -> Pairs:
    """All pairs of the first, then those of the second; labels where both have them.

    Features in memory become one array; where some lie in files, all stay where they are
    (:class:`~ucch.data.row_parts.RowParts`), but for those that are of another type, which are widened in memory.

    Raises:
        DataError: features or labels have other widths.

    Example:
        >>> joined_pairs(Pairs(np.zeros((2, 3)), np.ones((2, 1))), Pairs(np.ones((1, 3)), np.ones((1, 1)))).image.shape
        (3, 3)
    """
    for kind in ("image", "text"):
        widths = [getattr(pairs, kind).shape[1] for pairs in (first, second)]
        if widths[0] != widths[1]:
            raise DataError(
                f"{second.array_name(kind)} must have {widths[0]} columns, as the earlier pairs have, got {widths[1]};"
                " take features by the same encoder"
            )
    labels = [pairs.label for pairs in (first, second) if pairs.label is not None]
    if len(labels) == 2 and labels[0].shape[1] != labels[1].shape[1]:
        raise DataError(
            f"labels of both must have as many classes, got {labels[0].shape[1]} and {labels[1].shape[1]}; give"
            " multi-hot labels of all classes"
        )
    captions = first.image_of_text is not None or second.image_of_text is not None
    seen = {} if first.all_complete and second.all_complete else {
        f"{kind}_seen": np.concatenate([first.seen[kind], second.seen[kind]]) for kind in first.seen
    }  # fmt: skip
    return Pairs(
        _joined(first.image, second.image),
        _joined(first.text, second.text),
        np.concatenate(labels) if len(labels) == 2 else None,
        split=second.split,
        image_of_text=np.concatenate([first.item_of_text, len(first) + second.item_of_text]) if captions else None,
        **seen,
    )


def _joined(first: FeatureArray, second: FeatureArray) -> FeatureArray:
    """Rows of both, read where they lie if any lie in a file."""
    both: tuple[FeatureArray | RowParts, ...] = (first, second)
    if not any(isinstance(rows, RowParts) or in_file(rows) for rows in both):
        return np.concatenate([first, second])
    dtype = np.result_type(first.dtype, second.dtype)
    parts = [rows if rows.dtype == dtype else np.asarray(rows, dtype) for rows in both]
    return cast(FeatureArray, RowParts.joined(parts))


def joined_dataset(earlier: PairedDataset, new: PairedDataset) -> PairedDataset:
    """The new set with the training pairs of the earlier one before its own; its queries, and a database apart, stay.

    Raises:
        DataError: as :func:`joined_pairs`.
    """
    database = None if new.database_is_train else new.database
    train = joined_pairs(earlier.train, new.train)
    return PairedDataset(new.name, train, new.query, database, replayed=len(earlier.train))
