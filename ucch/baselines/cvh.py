"""CVH: one bit per canonical direction."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from .baseline import Baseline, Learned
from .directions import canonical_directions, spread
from .linear_maps import linear_tower

__all__ = ["Cvh"]


@dataclass(eq=False)
class Cvh(Baseline):
    """Take the signs of canonical projections.

    Cross-view hashing asks for codes whose distances are small where items are similar, relaxed to orthogonal real
    outputs; with one-to-one pairs as the only similarity, that is canonical correlation analysis
    (:func:`~ucch.baselines.canonical_directions`), thresholded at zero.

    Args:
        ridge: added to the covariances, as a share of a modality's mean variance.

    Note:
        Where there are fewer directions than bits (texts of ten topics have ten), the further bits are signs of random
        mixtures of the directions, weighted by their correlations: ours. Quality falls with D in published tables,
        since late directions hardly correlate.

    Reference:
        Kumar and Udupa, "Learning Hash Functions for Cross-View Similarity Search", IJCAI 2011.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).normal(size=(50, 6))
        >>> Cvh(8).fit(image, image[:, :4]).encode_text(image[:2, :4]).shape
        (2, 1)
    """

    ridge: float = field(default=1e-4, kw_only=True)

    def learn(self, image: Tensor, text: Tensor, generator: torch.Generator) -> Learned:
        space = canonical_directions(image, text, self.n_bits, ridge=self.ridge)
        bits = spread(space.strength, self.n_bits, generator)
        return Learned(
            linear_tower(space.image @ bits, space.image_mean), linear_tower(space.text @ bits, space.text_mean)
        )
