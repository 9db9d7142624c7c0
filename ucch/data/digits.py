"""The handwritten digits as two views; ships with scikit-learn, so nothing is downloaded."""

from __future__ import annotations

import numpy as np

from .dataset import PairedDataset
from .labels import multi_hot
from .pairs import Pairs

__all__ = ["load_digits_pairs"]

N_QUERIES = 360
SPLIT_SEED = 0


def load_digits_pairs() -> PairedDataset:
    """Load scikit-learn's 1,797 handwritten digits seen as two views of one thing.

    ``image`` is the left half of each 8 x 8 picture, ``text`` the right half: 32 grey values from 0 to 16 each. No
    words are involved; the set shows the method at work where nothing can be downloaded. The ten digit classes are
    labels for evaluation only.

    The split is fixed: rows in the order of ``numpy.random.default_rng(0).permutation(1797)``, the last 360 of them
    the queries, the first 1,437 the training pairs and the database.

    Reference:
        E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = digits.images.astype(np.float32)  # (1797, 8, 8)
    left, right = (half.reshape(len(pictures), 32) for half in (pictures[:, :, :4], pictures[:, :, 4:]))
    pairs = Pairs(left, right, multi_hot({"label": digits.target})["label"])
    order = np.random.default_rng(SPLIT_SEED).permutation(len(pairs))
    return PairedDataset(
        "digits",
        train=pairs.take(order[:-N_QUERIES], split="train"),
        query=pairs.take(order[-N_QUERIES:], split="query"),
    )
