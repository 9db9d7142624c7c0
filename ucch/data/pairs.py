"""Paired features: row i of the image array and row i of the text array, or several texts, belong together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..errors import DataError
from .arrays import FeatureArray, check_finite, check_matrix
from .image_of_text import CaptionRows, RowNumbers, check_image_of_text
from .items import Items, check_label
from .labels import LabelMatrix
from .row_parts import RowParts
from .sides import Mask, check_seen

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Pairs", "as_pairs"]


@dataclass(frozen=True, eq=False, repr=False)
class Pairs(Items):
    """Hold the image and text features of the same items, and their labels where the set has them.

    Arrays are checked once, here, and kept as they come: a memory-mapped array stays on disk, nothing is cast. Where
    images have several captions, an item is an image with all its texts; its features are held once.

    Args:
        image: (n, dx) real finite numbers.
        text: (n, dy) real finite numbers, or (m, dy) with ``image_of_text``.
        label: bool multi-hot (n, C) for evaluation, or None; :func:`ucch.data.multi_hot` makes it from classes.
        split: ``train``, ``query``, ``database`` or nothing: the ending of the array names in messages, nothing else.
        image_of_text: (m,) integers, the image row that each text describes; every image has at least one text. None
            (default) where text i describes image i.
        image_seen, text_seen: (n,) bool, which items have that side, where not all have; what stands in the rows of the
            others is read by nobody, but must be finite. Every item has a side; with ``image_of_text`` an item that
            lacks its text has one row of such a kind.

    Raises:
        DataError: an array has the wrong kind or shape, is not finite, or the row counts differ.

    Example:
        >>> pairs = Pairs(np.zeros((3, 4)), np.ones((3, 2)))
        >>> len(pairs), pairs.take([2, 0]).text.shape
        (3, (2, 2))
        >>> captions = Pairs(np.zeros((2, 4)), np.ones((5, 2)), image_of_text=np.array([0, 0, 0, 1, 1]))
        >>> len(captions), captions.take([1]).text.shape
        (2, (2, 2))
    """

    image: FeatureArray
    text: FeatureArray
    label: LabelMatrix | None = None
    split: str = field(default="", kw_only=True)
    image_of_text: RowNumbers | None = field(default=None, kw_only=True)
    image_seen: Mask | None = field(default=None, kw_only=True)
    text_seen: Mask | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        image_name, text_name, label_name = (self.array_name(kind) for kind in ("image", "text", "label"))
        # Kinds, shapes and row counts first: a slip in the second array must not wait for a full read of the first.
        image, text = check_matrix(image_name, self.image), check_matrix(text_name, self.text)
        if self.image_of_text is None:
            _check_rows(image_name, image, text_name, text)
        else:
            rows = check_image_of_text(self.array_name("image_of_text"), self.image_of_text, len(image), len(text))
            object.__setattr__(self, "image_of_text", rows)
        if self.label is not None:
            _check_rows(image_name, image, label_name, check_label(label_name, self.label))
        check_finite(image_name, image)
        check_finite(text_name, text)
        if not self.all_complete:
            check_seen(self)

    @property
    def views(self) -> dict[str, FeatureArray]:
        """Both sides by name."""
        return {"image": self.image, "text": self.text}

    @property
    def all_complete(self) -> bool:
        """Whether nothing says that an item lacks a side."""
        return self.image_seen is None and self.text_seen is None

    @property
    def seen(self) -> dict[str, Mask]:
        """Which items have an image, and which a text: (n,) bool each."""
        masks = {"image": self.image_seen, "text": self.text_seen}
        return {name: np.ones(len(self), dtype=bool) if mask is None else mask for name, mask in masks.items()}

    def complete(self) -> Self:
        """The items that have both sides; these pairs themselves where all have."""
        return self if self.all_complete else replace(self.take(self.complete_rows), image_seen=None, text_seen=None)

    def side(self, kind: str) -> FeatureArray:
        """Features of the ``image`` or ``text`` side, of the items that have it."""
        features, mask = self.views[kind], self.side_mask(kind)
        return features if mask is None else features[mask]

    def side_mask(self, kind: str) -> Mask | None:
        """Which rows of ``image``, or of ``text``, are those of items that have that side; None for all."""
        mask = self.image_seen if kind == "image" else self.text_seen
        return mask if mask is None or kind == "image" or self.image_of_text is None else mask[self.image_of_text]

    @property
    def item_of_text(self) -> RowNumbers:
        """Item that each text row belongs to: (m,), 0 to m - 1 where text i describes image i."""
        return np.arange(len(self.text)) if self.image_of_text is None else self.image_of_text

    @property
    def first_text(self) -> RowNumbers:
        """Row of the first text of each image, (n,)."""
        return np.unique(self.item_of_text, return_index=True)[1]

    @property
    def text_label(self) -> LabelMatrix | None:
        """Labels of the text rows, (m, C): those of their images."""
        return self.label if self.label is None or self.image_of_text is None else self.label[self.image_of_text]

    def item_of(self, name: str) -> RowNumbers:
        """Item that each row of a side belongs to."""
        return self.item_of_text if name == "text" else np.arange(len(self))

    def first_of(self, name: str) -> RowNumbers:
        """Row of a side that stands for each item: its only one, or the first of several texts."""
        return self.first_text if name == "text" else np.arange(len(self))

    def label_of(self, name: str) -> LabelMatrix | None:
        """Labels of the rows of a side: those of their images."""
        return self.text_label if name == "text" else self.label

    @cached_property
    def _captions(self) -> CaptionRows | None:
        return None if self.image_of_text is None else CaptionRows(self.image_of_text)

    def draws(self, name: str) -> bool:
        """Whether an item may have several rows of a side: of the text, where images have several captions."""
        return name == "text" and self._captions is not None

    def draw_rows(self, name: str, items: Tensor, generator: torch.Generator) -> Tensor:
        """Choose the row that stands for each item in a batch: its only one, or one drawn among its captions.

        Args:
            name: of the side.
            items: (B,) int64 item numbers, on the CPU.
            generator: source of the draw; untouched where every image has one text.
        """
        return items if name != "text" or self._captions is None else self._captions.draw(items, generator)

    def without_labels(self) -> Self:
        """The same pairs for who is not to read labels."""
        return replace(self, label=None)

    def _arrays(self) -> dict[str, Any]:
        rows = None if self.image_of_text is None else self.image_of_text[:, None]
        masks = {} if self.all_complete else {f"{kind}_seen": mask[:, None] for kind, mask in self.seen.items()}
        return {**super()._arrays(), "image_of_text": rows, **masks}

    def take(self, rows: slice | npt.ArrayLike, *, split: str | None = None) -> Self:
        """Pick items: image rows with their texts and labels; a side that others have may be missing throughout.

        Their values were checked with these and are not read for it again.

        Args:
            rows: a slice, which copies nothing (texts of several captions: where they lie in the order of their
                images); row numbers or a boolean mask, which read those rows into memory, but for very many rows of
                features that lie in several files, which stay there (:class:`~ucch.data.row_parts.RowParts`).
            split: the new pairs' split; this one's by default.
        """
        chosen: Any = rows if isinstance(rows, slice) else np.asarray(rows)
        texts, image_of_text = chosen, None
        if self._captions is not None:
            texts, image_of_text = self._captions.of(np.arange(len(self))[chosen])
            texts = _as_slice(texts)
        part = object.__new__(type(self))
        values = {
            "image": _some_of(self.image, chosen),
            "text": _some_of(self.text, texts),
            "label": None if self.label is None else self.label[chosen],
            "split": self.split if split is None else split,
            "image_of_text": image_of_text,
            "image_seen": None if self.image_seen is None else self.image_seen[chosen],
            "text_seen": None if self.text_seen is None else self.text_seen[chosen],
        }
        for name, value in values.items():
            object.__setattr__(part, name, value)
        check_matrix(part.array_name("image"), part.image)
        return part


def _some_of(features: Any, chosen: Any) -> Any:
    """Rows of an array, or of files where they lie."""
    if isinstance(chosen, slice) or not isinstance(features, RowParts):
        return features[chosen]
    return features.part(np.arange(len(features))[chosen])


def _as_slice(rows: RowNumbers) -> RowNumbers | slice:
    """Turn consecutive row numbers into a slice, which copies nothing."""
    if len(rows) and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
        return slice(int(rows[0]), int(rows[0]) + len(rows))
    return rows


def _check_rows(first_name: str, first: FeatureArray, second_name: str, second: FeatureArray) -> None:
    if len(first) != len(second):
        raise DataError(
            f"{first_name} and {second_name} must have one row per pair, got shapes {first.shape} and {second.shape}"
        )


def as_pairs(items: Items, who: str) -> Pairs:
    """The items as pairs of image and text, for what makes sense of those alone.

    Args:
        items: of any views.
        who: what asks, to begin the message with.

    Raises:
        DataError: they have other views.
    """
    if isinstance(items, Pairs):
        return items
    raise DataError(
        f"{who} needs pairs of image and text, got items of {', '.join(items.names)}; docs/one_view.md says what takes"
        " other views"
    )
