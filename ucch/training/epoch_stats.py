"""What one epoch did, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from math import sqrt

import torch
from torch import Tensor

from ..codes import sign
from ..optim import Keys

__all__ = ["HEALTH", "EpochStats", "health"]


@dataclass(frozen=True)
class EpochStats:
    """What one epoch did.

    Attributes:
        epoch: number, from 1.
        loss, contrastive, ranking, objective, structure, penalty: means over the steps; the losses of UCCH are not
            weighted and 0 where they take no part, the others are: cost of an objective, distance from the teacher's
            similarities, penalty of the optimizer.
        flips_per_row: bits of the table that changed sign, over the rows moved; rows that rest are not among them.
        rows_touched: rows moved over all rows of the table; above 1 where negatives move too.
        agreement: share of bits on which two modalities of an item agree.
        key_cosine: mean cosine of a query with the signs of its own outputs; 1 leaves no quantisation gap.
        key_gap: mean difference between a query's cosine with its key and its code's cosine with that key, the
            part of what was learnt that taking signs changes.
        key_agreement: share of bits on which the signs of a query and its key agree.
        learning_rate: at the last step.
        seconds: wall time, of the rest of an epoch that was resumed.
        skipped: steps left out because their loss or gradient was no finite number; the means are over the others.
        dead_bits, likeness: bits that are equal in all codes of the table, and the share of bits on which two codes
            agree, half by chance; :func:`~ucch.training.table_balance.table_balance`.
    """

    epoch: int
    loss: float
    contrastive: float
    ranking: float
    objective: float
    structure: float
    penalty: float
    flips_per_row: float
    rows_touched: float
    agreement: float
    key_cosine: float
    key_gap: float
    key_agreement: float
    learning_rate: float
    seconds: float
    skipped: int
    dead_bits: int
    likeness: float

    def as_dict(self) -> dict[str, float]:
        """Plain numbers by name, for a line of ``history.jsonl``."""
        return asdict(self)


HEALTH = ("agreement", "key_cosine", "key_gap", "key_agreement")


@torch.no_grad()
def health(*queries: Tensor, keys: Keys, seen: Mapping[str, Tensor] | None = None) -> list[Tensor]:
    """Measure the health of the queries of a batch's views, in the order of ``HEALTH``; see :class:`EpochStats`.

    Of items that lack a view, by ``seen``, nothing counts; 0 where all do. No accelerator is waited for.
    """
    lacking = None if seen is None else ~torch.stack(list(seen.values())).all(dim=0)

    def mean(figures: Tensor) -> Tensor:
        """Over items with all views, of (B,) or (B, D) figures."""
        if lacking is None:
            return figures.mean()
        by_item = figures if figures.ndim == 1 else figures.mean(dim=1)
        return by_item.masked_fill(lacking, 0).sum() / (~lacking).sum().clamp(min=1)

    own_keys = keys.positives.to(queries[0].dtype) / keys.norm  # (B, D), unit
    root = sqrt(queries[0].shape[1])
    own_code = sign(own_keys)
    cosines, gaps, followed = [], [], []
    for h in queries:
        code = sign(h) / root
        cosines.append(mean((h * code).sum(dim=1)))
        gaps.append(mean(((h - code) * own_keys).sum(dim=1).abs()))
        followed.append(mean((sign(h) == own_code).float()))
    twos = list(combinations(queries, 2)) or [(queries[0], queries[0])]  # a view by itself agrees with itself
    agreements = [mean((sign(one) == sign(other)).float()) for one, other in twos]
    return [torch.stack(figures).sum() / len(figures) for figures in (agreements, cosines, gaps, followed)]
