"""Items that lack a side: how files say so, what becomes of them, what is checked of the masks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError

if TYPE_CHECKING:
    from .arrays import FeatureArray
    from .labels import LabelMatrix
    from .pairs import Pairs

__all__ = ["ONE_SIDED", "Mask", "check_seen", "one_sided_pairs"]

Mask = npt.NDArray[np.bool_]
ONE_SIDED = ("refuse", "drop", "keep")


def one_sided_pairs(
    image: FeatureArray,
    text: FeatureArray,
    label: LabelMatrix | None,
    masks: Mapping[str, Any],
    *,
    how: str,
    split: str,
) -> Pairs:
    """Make pairs of arrays in which items lack a side: a row all of NaN, or False in the mask of a side.

    Args:
        image, text, label: as of :class:`~ucch.data.Pairs`; in memory.
        masks: (n,) bool by ``image`` and ``text``, where the file has them.
        how: ``drop`` leaves such items out; ``keep`` keeps them, but of the queries, which ask both ways.
        split: of the pairs.

    Raises:
        DataError: as :class:`~ucch.data.Pairs`; no item has both sides.
    """
    from .pairs import Pairs

    features = {"image": image, "text": text}
    seen: dict[str, Mask] = {}
    for kind, rows in features.items():
        there: Mask = np.ones(len(rows), dtype=bool)
        if rows.dtype.kind == "f" and rows.ndim == 2:
            there = np.asarray(~np.isnan(rows).all(axis=1))
        mask = masks.get(kind)
        if mask is not None:
            if mask.shape != there.shape or mask.dtype != np.bool_:
                raise DataError(
                    f"{kind}_seen_{split} must be bool of shape {there.shape}, one per row, got {mask.dtype} of shape"
                    f" {mask.shape}"
                )
            there = np.asarray(there & mask)
        seen[kind] = there
    if len(image) != len(text) or (seen["image"].all() and seen["text"].all()):
        return Pairs(image, text, label, split=split)
    filled = {kind: np.where(seen[kind][:, None], rows, np.zeros((), rows.dtype)) for kind, rows in features.items()}
    pairs = Pairs(filled["image"], filled["text"], label, split=split, image_seen=seen["image"], text_seen=seen["text"])
    if not len(pairs.complete_rows):
        raise DataError(f"image_{split} and text_{split} must have rows in common, got none with both sides")
    return pairs if how == "keep" and split != "query" else pairs.complete()


def check_seen(pairs: Pairs) -> None:
    """Refuse masks that are none, items without a side, and a side that no item has.

    Raises:
        DataError: as said.
    """
    for kind, mask in pairs.seen.items():
        name = pairs.array_name(f"{kind}_seen")
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (len(pairs),):
            got = f"{mask.dtype} of shape {mask.shape}" if isinstance(mask, np.ndarray) else type(mask).__name__
            raise DataError(f"{name} must be bool of shape ({len(pairs)},), one per item, got {got}")
        if len(mask) and not mask.any():
            raise DataError(f"{name} must mark at least one item, got none: nothing can be learnt of that side")
    neither = np.flatnonzero(~(pairs.seen["image"] | pairs.seen["text"]))
    if len(neither):
        shown = ", ".join(map(str, neither[:8])) + (", ..." if len(neither) > 8 else "")
        raise DataError(f"every item must have an image or a text, got {len(neither)} with neither: rows {shown}")
