"""Features of the same items under named views: one, two or more."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..errors import DataError
from .arrays import FeatureArray, check_finite, check_matrix, row_chunks
from .image_of_text import RowNumbers
from .labels import LabelMatrix

if TYPE_CHECKING:
    from typing_extensions import Self

    from .sides import Mask

__all__ = ["Items", "check_label", "check_view_names"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
ALONE = "features"  # the view of a file that names none
TAKEN, TAKEN_ENDS = ("label", "image_of_text"), ("_id", "_seen")  # arrays of a data set that are no view


class Items:
    """Hold the features of the same items under one or more named views, and their labels where the set has them.

    Row i of every view belongs to item i. Arrays are checked once, here, and kept as they come: a memory-mapped array
    stays on disk, nothing is cast. :class:`~ucch.data.Pairs` is the case of image and text, where items may also have
    several texts or lack a side.

    Args:
        views: by name (letters, digits and ``_``) (n, d) real finite numbers, each of its own width.
        label: bool multi-hot (n, C) for evaluation, or None; :func:`ucch.data.multi_hot` makes it from classes.
        split: ``train``, ``query``, ``database`` or nothing: the ending of the array names in messages, nothing else.

    Raises:
        DataError: no view, or a name that none can have; an array has the wrong kind or shape, is not finite, or the
            row counts differ.

    Example:
        >>> items = Items({"text": np.ones((3, 2))})
        >>> items.names, len(items.take([2, 0]))
        (('text',), 2)
    """

    label: LabelMatrix | None
    split: str

    def __init__(self, views: Mapping[str, FeatureArray], label: LabelMatrix | None = None, *, split: str = "") -> None:
        check_view_names(views)
        self._views, self.label, self.split = dict(views), label, split
        # Kinds, shapes and row counts first: a slip in the last array must not wait for a full read of the first.
        first, *others = self._views
        for name, rows in self._views.items():
            check_matrix(self.array_name(name), rows)
        for name in others:
            self._check_rows(first, name, self._views[name])
        if label is not None:
            self._check_rows(first, "label", check_label(self.array_name("label"), label))
        for name, rows in self._views.items():
            check_finite(self.array_name(name), rows)

    def _check_rows(self, first: str, name: str, array: Any) -> None:
        if len(array) != len(self):
            raise DataError(
                f"{self.array_name(first)} and {self.array_name(name)} must have one row per item, got shapes"
                f" {self.views[first].shape} and {array.shape}"
            )

    @property
    def views(self) -> dict[str, FeatureArray]:
        """Features by the name of the view, in order."""
        return self._views

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the views, in order."""
        return tuple(self.views)

    def __len__(self) -> int:
        return len(next(iter(self.views.values())))

    def __repr__(self) -> str:
        label = "None" if self.label is None else str(self.label.shape)
        shapes = ", ".join(f"{name}={rows.shape}" for name, rows in self.views.items())
        return f"{type(self).__name__}({shapes}, label={label})"

    def array_name(self, kind: str) -> str:
        """Name of the array of a view, or of ``label``, in messages and files: ``image_train``, ``text_query``."""
        return f"{kind}_{self.split}" if self.split else kind

    @property
    def all_complete(self) -> bool:
        """Whether nothing says that an item lacks a view."""
        return True

    @property
    def seen(self) -> dict[str, Mask]:
        """Which items have each view: (n,) bool by name."""
        return {name: np.ones(len(self), dtype=bool) for name in self.names}

    @property
    def complete_rows(self) -> RowNumbers:
        """Numbers of the items that have every view, in order."""
        return np.flatnonzero(np.logical_and.reduce(list(self.seen.values())))

    def complete(self) -> Self:
        """The items that have every view; these themselves where all have."""
        return self

    def side(self, kind: str) -> FeatureArray:
        """Features of a view, of the items that have it."""
        return self.views[kind]

    def side_mask(self, kind: str) -> Mask | None:
        """Which rows of a view are those of items that have it; None for all."""
        return None

    def item_of(self, name: str) -> RowNumbers:
        """Item that each row of a view belongs to."""
        return np.arange(len(self.views[name]))

    def first_of(self, name: str) -> RowNumbers:
        """Row of a view that stands for each item: its only one, or the first of several."""
        return np.arange(len(self))

    def label_of(self, name: str) -> LabelMatrix | None:
        """Labels of the rows of a view: those of their items."""
        return self.label

    def draws(self, name: str) -> bool:
        """Whether an item may have several rows of a view, of which each batch draws one."""
        return False

    def draw_rows(self, name: str, items: Tensor, generator: torch.Generator) -> Tensor:
        """Choose the row of a view that stands for each item in a batch: its only one, or one drawn of several.

        Args:
            name: of the view.
            items: (B,) int64 item numbers, on the CPU.
            generator: source of the draw; untouched where every item has one row.
        """
        return items

    def without_labels(self) -> Self:
        """The same items for who is not to read labels."""
        return self._like(self.views, None, self.split)

    def digest(self) -> str:
        """Fingerprint the contents: SHA-256 over every array's name, dtype, shape and bytes, read in chunks."""
        fingerprint = hashlib.sha256()
        for name, array in self._arrays().items():
            if array is None:
                continue
            fingerprint.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            for chunk in row_chunks(array):
                fingerprint.update(np.ascontiguousarray(array[chunk]).data)
        return fingerprint.hexdigest()

    def _arrays(self) -> dict[str, Any]:
        """Everything that the items hold, by name, as matrices or None."""
        return {**self.views, "label": self.label}

    def spread(self, most: int) -> Self:
        """At most ``most`` items, evenly spread over these in their order; these themselves where they are no more."""
        step = -(-len(self) // most)
        return self if step <= 1 else self.take(np.arange(0, len(self), step))

    def take(self, rows: slice | npt.ArrayLike, *, split: str | None = None) -> Self:
        """Pick items with their labels; their values were checked with these and are not read for it again.

        Args:
            rows: a slice, which copies nothing; row numbers or a boolean mask, which read those rows into memory.
            split: the new items' split; this one's by default.
        """
        chosen: Any = rows if isinstance(rows, slice) else np.asarray(rows)
        views = {name: features[chosen] for name, features in self.views.items()}
        label = None if self.label is None else self.label[chosen]
        part = self._like(views, label, self.split if split is None else split)
        check_matrix(part.array_name(self.names[0]), part.views[self.names[0]])
        return part

    def _like(self, views: Mapping[str, FeatureArray], label: LabelMatrix | None, split: str) -> Self:
        """Items of arrays that were checked with these and are not read for it again."""
        part = object.__new__(type(self))
        part._views, part.label, part.split = dict(views), label, split
        return part


def check_view_names(names: Any) -> None:
    """Refuse names that no view can have.

    Raises:
        DataError: as said, or there is none.
    """
    if not isinstance(names, Mapping | list | tuple) or not names:
        raise DataError(f"views must be a mapping of names to features, at least one, got {type(names).__name__}")
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in TAKEN or name.endswith(TAKEN_ENDS):
            raise DataError(
                "a view must be named by a letter, then letters, digits and _, and neither label nor ..._id nor"
                f" ..._seen, got {repr(name)[:80]}"
            )


def check_label(name: str, label: object) -> LabelMatrix:
    """Refuse labels that are no bool multi-hot matrix, by the array's name."""
    if isinstance(label, np.ndarray) and label.dtype == np.bool_ and label.ndim == 2 and 0 not in label.shape:
        return label
    got = f"dtype {label.dtype} and shape {label.shape}" if isinstance(label, np.ndarray) else type(label).__name__
    raise DataError(
        f"{name} must be a bool multi-hot array of shape (rows, classes), got {got}; ucch.data.multi_hot makes one"
    )
