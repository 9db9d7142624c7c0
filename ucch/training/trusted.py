"""Pairs that are likely wrong become two items of one side each, which train where the objective learns from such."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data import Items, Pairs, as_pairs
from ..errors import RecipeError
from ..recipe.recipe import Recipe
from ..trust import PairAudit, audit_pairs
from .strategies import STRATEGIES

__all__ = ["TrustedPairs", "check_one_sided", "split_pairs", "trusted_pairs"]


@dataclass(frozen=True, eq=False)
class TrustedPairs:
    """Pairs as they train.

    Attributes:
        pairs: items; those that were given come first, row by row, then the texts of pairs that were parted.
        audit: of the pairs that have both sides, or None where all are trusted.
        parted: how many pairs became two items.
    """

    pairs: Items
    audit: PairAudit | None
    parted: int


def trusted_pairs(recipe: Recipe, pairs: Items) -> TrustedPairs:
    """Part the pairs that a recipe does not trust.

    Args:
        recipe: its ``pairs.trust`` is ``none``, which trusts all, or ``auto``, which parts those that are wrong with a
            probability above one half, or none where the audit cannot tell. Nothing is drawn from the trainer's
            generator.
        pairs: training pairs; labels are not read.

    Raises:
        RecipeError: the recipe trains by what needs both sides of every item, or images have several captions.
        DataError: under ``auto`` there are too few pairs.
    """
    if recipe.pairs.trust == "none":
        return TrustedPairs(pairs, None, 0)
    pairs = as_pairs(pairs, "pairs.trust = auto")
    if pairs.image_of_text is not None:
        raise RecipeError("pairs.trust = auto needs one text per image, got several captions; name them by data audit")
    rows, features = pairs.complete_rows, recipe.features
    audit = audit_pairs(
        pairs.complete(),
        image_scaling=features.image_scaling,
        text_scaling=features.text_scaling,
        seed=recipe.seed,
    )
    wrong = rows[audit.right < 0.5] if audit.tells else rows[:0]
    return TrustedPairs(split_pairs(pairs, wrong), audit, len(wrong))


def split_pairs(pairs: Pairs, rows: np.typing.NDArray[np.int64]) -> Pairs:
    """Take the texts of the pairs ``rows`` out of them and append these as items of their own, in order.

    Example:
        >>> pairs = Pairs(np.eye(3), np.arange(3.0)[:, None])
        >>> apart = split_pairs(pairs, np.array([1]))
        >>> apart.text[:, 0].tolist(), apart.seen["text"].tolist(), apart.seen["image"].tolist()
        ([0.0, 1.0, 2.0, 1.0], [True, False, True, True], [True, True, True, False])
    """
    if not len(rows):
        return pairs
    seen = {kind: np.concatenate([mask, np.full(len(rows), kind == "text")]) for kind, mask in pairs.seen.items()}
    seen["text"][rows] = False
    label = pairs.label
    return Pairs(
        np.concatenate([np.asarray(pairs.image), np.zeros((len(rows), pairs.image.shape[1]), pairs.image.dtype)]),
        np.concatenate([np.asarray(pairs.text), np.asarray(pairs.text[rows])]),
        None if label is None else np.concatenate([label, label[rows]]),
        split=pairs.split,
        image_seen=seen["image"],
        text_seen=seen["text"],
    )


def check_one_sided(recipe: Recipe, n_processes: int) -> None:
    """Refuse items of one side where they would be in the way.

    Raises:
        RecipeError: neighbours are kept by an optimizer whose slots read every output, or by several processes; or the
            image encoder trains along, whose photographs are those of all items.
    """
    way_out = "drop such items (--one-sided drop, pairs.trust = none)"
    if recipe.fine_tuning.enabled:
        raise RecipeError(f"items that lack a side go without fine tuning, got fine tuning; {way_out}")
    if recipe.objective != "neighbors":
        return
    if not STRATEGIES[recipe.optimizer].takes_one_sided():
        fine = ", ".join(name for name, strategy in STRATEGIES.items() if strategy.takes_one_sided())
        raise RecipeError(
            f"optimizer must be one of {fine} where items lack a side, got {recipe.optimizer}; or {way_out}"
        )
    if n_processes > 1:
        raise RecipeError(f"items that lack a side train in one process, got {n_processes} processes; {way_out}")
