"""Sign of the features: one bit per principal component of the pair, nothing else learnt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from .baseline import Baseline, Learned
from .directions import pair_components, spread
from .linear_maps import linear_tower

__all__ = ["Sign"]


@dataclass(eq=False)
class Sign(Baseline):
    """Take the signs of the features in the space where both modalities meet.

    Images and texts have different dimensions, so their own signs cannot be compared; the features whose signs are
    taken are the leading principal components of the pair, predicted by each modality
    (:func:`~ucch.baselines.pair_components`).

    Args:
        ridge: of the regressions, as a share of a modality's mean variance.

    Note:
        The choice of the space is ours. Bits beyond the components there are are signs of random mixtures of them.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).normal(size=(50, 6))
        >>> Sign(8).fit(image, image[:, :4]).encode_image(image[:2]).shape
        (2, 1)
    """

    ridge: float = field(default=1e-4, kw_only=True)

    one_view: ClassVar[bool] = True

    def learn(self, image: Tensor, text: Tensor, generator: torch.Generator) -> Learned:
        space = pair_components(image, text, self.n_bits, ridge=self.ridge)
        bits = spread(space.strength.sqrt(), self.n_bits, generator)
        return Learned(
            linear_tower(space.image @ bits, space.image_mean), linear_tower(space.text @ bits, space.text_mean)
        )
