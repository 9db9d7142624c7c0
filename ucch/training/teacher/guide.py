"""How a teacher guides UCCH: soft targets, fewer false negatives, preserved structure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import torch
from torch import Tensor

from ...optim import Keys
from ...recipe.recipe import Recipe
from ...teachers import Teacher
from ..strategies import Batch

__all__ = ["Guidance", "Guide", "soft_targets", "structure_loss", "without_likely_positives"]


def soft_targets(similarity: Tensor, own: Tensor, *, weight: float, temperature: float) -> Tensor:
    """Share ``weight`` of a row's target among those alike: ``weight softmax(S / temperature)``, 0 on the own.

    Args:
        similarity: (B, K).
        own: (B, K) bool, entries that are the row itself.
        weight: in [0, 1).
        temperature: above 0.

    Returns:
        (B, K); a row adds up to ``weight``, or to 0 where it has nothing but itself.
    """
    target = torch.softmax((similarity / temperature).masked_fill_(own, float("-inf")), dim=1)
    return target.masked_fill_(own.all(dim=1, keepdim=True), 0.0).mul_(weight)


def without_likely_positives(similarity: Tensor, *, weight: float, low: float, high: float) -> Tensor:
    """Logarithms of the weights that negatives keep: 1 up to ``low``, falling to ``1 - weight`` at ``high``.

    Minus infinity, which leaves a negative out, where nothing is kept.
    """
    likely = ((similarity - low) / max(high - low, 1e-12)).clamp(0, 1)
    return torch.log((1 - weight * likely).clamp(min=0))


def structure_loss(*h: Tensor, similarity: Tensor) -> Tensor:
    """Sum over all two views, equal ones included, of ``mean_ij (<h_i, h_j> - S_ij)^2``; unit rows, (B, D) each."""
    pairs = [*((view, view) for view in h), *combinations(h, 2)]
    return torch.stack([(a @ b.T - similarity).square().mean() for a, b in pairs]).sum()


@dataclass(frozen=True)
class Guidance:
    """What the losses of one step take: keys, and targets among keys and in the batch, or None."""

    keys: Keys
    key_targets: Tensor | None
    batch_targets: Tensor | None


class Guide:
    """Turn a teacher's similarities into what a step needs; S is formed for the batch and its keys, never N x N.

    Args:
        teacher: of the training pairs.
        recipe: its section ``teacher`` holds weights and temperature; the max-margin ranking loss takes no targets.
    """

    def __init__(self, teacher: Teacher, recipe: Recipe) -> None:
        self.teacher, self.section = teacher, recipe.teacher
        section = recipe.teacher
        self.ranking_weight = section.ranking_weight if recipe.loss.ranking == "cross_modal" else 0.0
        if section.negatives_weight > 0:
            self.low, self.high = teacher.cut(0.5), teacher.cut(section.negatives_share)

    def __call__(self, batch: Batch, keys: Keys) -> Guidance:
        """Guide the losses of a batch with these keys; the table's own update still sees the keys as they were."""
        section = self.section
        key_targets = batch_targets = None
        if section.target_weight > 0 or section.negatives_weight > 0:
            similarity, own = self._against(batch, keys)
            if section.negatives_weight > 0:
                kept = without_likely_positives(
                    similarity, weight=section.negatives_weight, low=self.low, high=self.high
                )
                known = keys.log_weights
                keys = replace(keys, log_weights=kept if known is None else known + kept)
            if section.target_weight > 0:
                key_targets = soft_targets(
                    similarity, own, weight=section.target_weight, temperature=section.target_temperature
                )
        if self.ranking_weight > 0:
            batch_targets = soft_targets(
                self.teacher.similarity(batch.index, batch.whole),
                batch.whole[None, :] == batch.index[:, None],
                weight=self.ranking_weight,
                temperature=section.target_temperature,
            )
        return Guidance(keys, key_targets, batch_targets)

    def structure(self, batch: Batch) -> Tensor:
        """The weighted cost of outputs whose cosines differ from the teacher's; 0 where its weight is."""
        if self.section.closeness_weight == 0:
            return next(iter(batch.h.values())).new_zeros(())
        similarity = self.teacher.similarity(batch.index)
        return self.section.closeness_weight * structure_loss(*batch.h.values(), similarity=similarity)

    def _against(self, batch: Batch, keys: Keys) -> tuple[Tensor, Tensor]:
        """Similarities of the batch with each of its negatives, and which of these are a pair's own: (B, K)."""
        rows = batch.whole if keys.rows is None else keys.rows
        similarity, own = self.teacher.similarity(batch.index, rows), rows[None, :] == batch.index[:, None]
        if keys.columns is None:
            return similarity, own
        return similarity.gather(1, keys.columns), own.gather(1, keys.columns)
