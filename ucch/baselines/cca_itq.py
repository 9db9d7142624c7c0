"""CCA-ITQ: canonical projections, weighted by their correlations, then rotated by ITQ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from .baseline import Learned
from .directions import canonical_directions
from .itq import Itq, rotated

__all__ = ["CcaItq"]


@dataclass(eq=False)
class CcaItq(Itq):
    """Rotate canonical projections towards the corners of the cube, and take signs.

    Column k of both projections is scaled by its correlation, so that directions that hardly correlate hardly count;
    one rotation is fitted to the projections of both modalities. Text is the second view, where the publication's own
    experiments take labels for it.

    Args:
        ridge: of CCA, as a share of a modality's mean variance.
        rotation_sweeps: of the rotation's fit; 50 as published.

    Reference:
        Gong et al., "Iterative Quantization: A Procrustean Approach to Learning Binary Codes for Large-scale Image
        Retrieval", IEEE TPAMI 35(12), 2013.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).normal(size=(50, 6))
        >>> CcaItq(8).fit(image, image[:, :4]).encode_image(image[:2]).shape
        (2, 1)
    """

    one_view: ClassVar[bool] = False

    def learn(self, image: Tensor, text: Tensor, generator: torch.Generator) -> Learned:
        space = canonical_directions(image, text, self.n_bits, ridge=self.ridge)
        weighted = replace(space, image=space.image * space.strength, text=space.text * space.strength)
        return rotated(weighted, image, text, self.n_bits, sweeps=self.rotation_sweeps, generator=generator)
