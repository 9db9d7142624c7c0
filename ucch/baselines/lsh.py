"""LSH: signs of random projections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from .baseline import Baseline, Learned
from .directions import pair_components
from .linear_maps import linear_tower

__all__ = ["Lsh"]


@dataclass(eq=False)
class Lsh(Baseline):
    """Rotate the features of a pair at random and take signs.

    Both modalities predict the whole vector of a pair (:func:`~ucch.baselines.pair_components`, unrotated), which
    random orthonormal directions project to D dimensions; the expected Hamming distance is the angle between
    predictions.

    Args:
        ridge: of the regressions, as a share of a modality's mean variance.

    Note:
        The space is ours: random projection itself knows one modality only.

    Reference:
        Charikar, "Similarity Estimation Techniques from Rounding Algorithms", STOC 2002.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).normal(size=(50, 6))
        >>> Lsh(8).fit(image, image[:, :4]).encode_image(image[:2]).shape
        (2, 1)
    """

    ridge: float = field(default=1e-4, kw_only=True)

    one_view: ClassVar[bool] = True

    def learn(self, image: Tensor, text: Tensor, generator: torch.Generator) -> Learned:
        space = pair_components(image, text, ridge=self.ridge)
        drawn = torch.randn(len(space.strength), self.n_bits, generator=generator, dtype=torch.float64)
        wide = drawn.shape[1] > drawn.shape[0]
        rotation = torch.linalg.qr(drawn.T)[0].T if wide else torch.linalg.qr(drawn)[0]
        return Learned(
            linear_tower(space.image @ rotation, space.image_mean), linear_tower(space.text @ rotation, space.text_mean)
        )
