"""A score of held-out pairs that reads no label: how near the top each item's own partner stands."""

from __future__ import annotations

import numpy as np

from ..data import Pairs
from ..metrics import distance_histograms, first_relevant_rank
from ..models import HashModel
from .recipe import Recipe

__all__ = ["hold_out", "pair_rank_score"]


def hold_out(recipe: Recipe, pairs: Pairs) -> tuple[Pairs, Pairs]:
    """Carve ``training.validation_share`` of the training pairs off, by the recipe's seed: the rest, and those."""
    order = np.random.default_rng(recipe.seed).permutation(len(pairs))
    n_held_out = max(1, round(recipe.training.validation_share * len(pairs)))
    return pairs.take(np.sort(order[n_held_out:])), pairs.take(np.sort(order[:n_held_out]))


def pair_rank_score(model: HashModel, pairs: Pairs) -> float:
    """Rank every held-out text for each held-out image by Hamming distance, and the reverse.

    ``1 - (mean rank of the own partner - 1) / (n - 1)``, both directions averaged, tied ranks averaged: 1 where every
    partner comes first, .5 at chance, 0 where every partner comes last.

    Args:
        model: the model to score.
        pairs: n >= 1 held-out pairs; labels are not read. A single pair scores 1.

    Returns:
        The score in [0, 1]. O(n^2 D/64) word operations.
    """
    image, text = model.encode_image(pairs.image), model.encode_text(pairs.text)
    own = np.arange(len(pairs))
    ranks = [
        first_relevant_rank(distance_histograms(asks, answers, own, own, model.n_bits)).mean()
        for asks, answers in ((image, text), (text, image))
    ]
    return float(1 - (np.mean(ranks) - 1) / max(1, len(pairs) - 1))
