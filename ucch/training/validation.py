"""A score of held-out pairs that reads no label: how near the top each item's own partner stands."""

from __future__ import annotations

import numpy as np

from ..data import Pairs
from ..metrics import distance_histograms, reciprocal_rank
from ..models import HashModel

__all__ = ["pair_score"]


def pair_score(model: HashModel, pairs: Pairs) -> float:
    """Rank every held-out text for each held-out image by Hamming distance, and the reverse.

    The mean reciprocal rank of the own partner, both directions averaged, in expectation over tied items: 1 where
    every partner comes first.

    Args:
        model: the model to score.
        pairs: n >= 1 held-out pairs; labels are not read.

    Returns:
        The score in (0, 1]. O(n^2 D/64) word operations.
    """
    image, text = model.encode_image(pairs.image), model.encode_text(pairs.text)
    own = np.arange(len(pairs))
    scores = [
        reciprocal_rank(distance_histograms(asks, answers, own, own, model.n_bits)).mean()
        for asks, answers in ((image, text), (text, image))
    ]
    return float(np.mean(scores))
