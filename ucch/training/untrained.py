"""Codes before any training: an image encoder's own features, in closed form."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from ..baselines import StackedItq
from ..data import Pairs
from ..models import HashModel

__all__ = ["SAMPLE_TEXTS", "untrained_model"]

_MOST = 10_000  # pictures that the map is fitted to

# texts of an encoder that reads words too stand somewhere else than its pictures: their mean is taken from these
SAMPLE_TEXTS = tuple(
    f"a photo of {thing}"
    for thing in (
        "a person", "two people", "a crowd", "a child", "a dog", "a cat", "a bird", "a horse", "a car", "a bicycle",
        "a boat", "a train", "a house", "a street", "a city at night", "a room", "a table with food", "a cup of coffee",
        "a flower", "a tree", "a forest", "a mountain", "a river", "the beach", "the sky", "snow", "a sport", "a game",
        "a machine", "a painting", "a sign with words", "a building",
    )
)  # fmt: skip


def untrained_model(
    features: npt.NDArray[np.floating], n_bits: int, *, texts: npt.NDArray[np.floating] | None = None, seed: int = 0
) -> HashModel:
    """Centre features, rotate their principal components by ITQ, and take signs; nothing is trained.

    Args:
        features: (n, d) of pictures; at least two rows. At most 10,000, evenly spread, are looked at.
        n_bits: D. Bits beyond d or n rotate the same components and add little.
        texts: (m, d) features of some texts in the same space, whose mean centres the text tower; None where the
            encoder reads no words: then the text tower is the image tower's twin.
        seed: of the rotation.

    Returns:
        A model whose two towers hold one map. O(m d^2 + d^3 + m D^2) for the m that are looked at.

    Raises:
        DataError: the features are no finite (n, d) matrix.

    Reference:
        Gong et al., "Iterative Quantization", IEEE TPAMI 35(12), 2013.
    """
    model = StackedItq(n_bits, seed=seed).fit_pairs(Pairs(features, features).spread(_MOST)).model
    if texts is not None:
        with torch.no_grad():
            outputs = model.text_outputs(torch.from_numpy(np.array(texts, dtype=np.float32)))
            model.text_tower.shift_outputs(-outputs.mean(dim=0))
    return model
