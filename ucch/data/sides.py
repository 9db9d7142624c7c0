"""Items that lack a side: how files say so, what becomes of them, what is checked of the masks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError

if TYPE_CHECKING:
    from .arrays import FeatureArray
    from .image_of_text import RowNumbers
    from .items import Items
    from .labels import LabelMatrix
    from .pairs import Pairs

__all__ = ["ONE_SIDED", "Mask", "alone_in", "check_seen", "kept_sides", "one_sided_pairs"]

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
    image_of_text: RowNumbers | None = None,
) -> Pairs:
    """Make pairs of arrays in which items lack a side: a row all of NaN, or False in the mask of a side.

    Args:
        image, text, label, image_of_text: as of :class:`~ucch.data.Pairs`; in memory.
        masks: (n,) bool by ``image`` and ``text``, where the file has them.
        how: ``drop`` leaves such items out; ``keep`` keeps them, but of the queries, which ask both ways.
        split: of the pairs.

    Raises:
        DataError: as :class:`~ucch.data.Pairs`; no item has both sides.
    """
    from .pairs import Pairs

    options: dict[str, Any] = {"split": split, "image_of_text": image_of_text}
    there = {"image": _rows_there(image), "text": _rows_there(text)}
    if image_of_text is not None and image_of_text.shape == (len(text),):
        there["text"] = _any_of_item(there["text"], image_of_text, len(image))
    if len(there["image"]) != len(there["text"]):
        return Pairs(image, text, label, **options)  # which says so
    seen: dict[str, Mask] = {}
    for kind, mask in there.items():
        told = masks.get(kind)
        if told is not None and (told.shape != mask.shape or told.dtype != np.bool_):
            name = f"{kind}_seen_{split}" if split else f"{kind}_seen"
            raise DataError(
                f"{name} must be bool of shape {mask.shape}, one per row, got {told.dtype} of shape {told.shape}"
            )
        seen[kind] = mask if told is None else mask & told
    if seen["image"].all() and seen["text"].all():
        return Pairs(image, text, label, **options)
    of_text = seen["text"] if image_of_text is None else seen["text"][image_of_text]
    image, text = (np.where(mask[:, None], rows, 0) for mask, rows in ((seen["image"], image), (of_text, text)))
    options |= {f"{kind}_seen": mask for kind, mask in seen.items()}
    return kept_sides(Pairs(image, text, label, **options), how)


def kept_sides(pairs: Pairs, how: str) -> Pairs:
    """The pairs where ``how`` is ``keep`` and they are no queries, else those of them that have both sides.

    Raises:
        DataError: no item has both.
    """
    if not len(pairs.complete_rows):
        names = (pairs.array_name(kind) for kind in ("image", "text"))
        raise DataError(f"{' and '.join(names)} must have rows in common, got none with both sides")
    return pairs if how == "keep" and pairs.split != "query" else pairs.complete()


def _rows_there(features: FeatureArray) -> Mask:
    """Which rows are not all of NaN."""
    if features.dtype.kind != "f" or features.ndim != 2:
        return np.ones(len(features), dtype=bool)
    return np.asarray(~np.isnan(features).all(axis=1))


def _any_of_item(rows: Mask, item: RowNumbers, n_items: int) -> Mask:
    """Which items have a row that is marked; what is no number of an item is left to :class:`~ucch.data.Pairs`."""
    inside = (item >= 0) & (item < n_items)
    found = np.ones(n_items, dtype=bool)
    found[item[inside]] = False
    found[item[inside & rows]] = True
    return found


def alone_in(pairs: Items) -> dict[str, dict[str, int]]:
    """How many items have one side only, as reports say it; empty where all have both."""
    if pairs.all_complete:
        return {}
    image, text = pairs.seen["image"], pairs.seen["text"]
    counts = {"images_without_text": int((image & ~text).sum()), "texts_without_image": int((text & ~image).sum())}
    return {"one_sided": counts}


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
