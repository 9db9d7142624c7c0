"""A score of held-out pairs that reads no label: how near the top each item's own partner stands."""

from __future__ import annotations

import numpy as np

from ..data import Pairs
from ..metrics import distance_histograms, first_relevant_rank
from ..models import HashModel

__all__ = ["pair_rank_score"]


def pair_rank_score(model: HashModel, pairs: Pairs) -> float:
    """Rank every held-out text for each held-out image by Hamming distance, and the reverse.

    ``1 - (mean rank of the own partner - 1) / (n - 1)``, both directions averaged, tied ranks averaged: 1 where every
    partner comes first, .5 at chance, 0 where every partner comes last. An image with several captions counts the first
    of them (above .5 at chance), each of its captions the image.

    Args:
        model: the model to score.
        pairs: n >= 1 held-out pairs; labels are not read. A single pair scores 1.

    Returns:
        The score in [0, 1]. O(n^2 D/64) word operations.
    """
    image, text = model.encode_image(pairs.image), model.encode_text(pairs.text)
    item_of_image, item_of_text = np.arange(len(pairs)), pairs.item_of_text
    scores = []
    for asks, answers, own, theirs in (
        (image, text, item_of_image, item_of_text),
        (text, image, item_of_text, item_of_image),
    ):
        rank = first_relevant_rank(distance_histograms(asks, answers, own, theirs, model.n_bits)).mean()
        scores.append(1 - (rank - 1) / max(1, len(theirs) - 1))
    return float(np.mean(scores))
