"""``dgcpn``: cosines of outputs rebuild a similarity by graph neighbours, with both real and binary outputs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...codes import sign
from ...data import Pairs
from ...recipe.recipe import Recipe
from ...teachers import dgcpn_neighbors, dgcpn_similarity
from ...teachers.cosines import cosines, off_diagonal
from ..strategies import Batch, Strategy
from .objective import Objective

__all__ = ["DgcpnObjective", "dgcpn_cost"]


def dgcpn_cost(image: Tensor, text: Tensor, similarity: Tensor, pair_target: float = 1.5) -> Tensor:
    """Rebuild a similarity off the diagonal, draw pairs together on it, and keep all cosine matrices alike.

    With C_II, C_IT, C_TT the cosines of outputs: ``mean (diag C_IT - t)^2``; the mean squares of ``C - S`` off the
    diagonal for all three; those of ``C_IT - C_II``, ``C_IT - C_TT``, ``C_II - C_TT`` and ``C_IT - C_IT'``.

    Args:
        image, text: (B, D) outputs, B at least 2.
        similarity: S, (B, B).
        pair_target: t; published 1.5, above any cosine, so that the pull never ends.
    """
    c_image, c_cross, c_text = cosines(image), cosines(image, text), cosines(text)
    others = off_diagonal(len(image), image.device)
    rebuilt = sum((c[others] - similarity[others]).square().mean() for c in (c_image, c_cross, c_text))
    alike = ((c_cross, c_image), (c_cross, c_text), (c_image, c_text), (c_cross, c_cross.T))
    coherent = sum((first - second).square().mean() for first, second in alike)
    return (c_cross.diagonal() - pair_target).square().mean() + rebuilt + coherent


class DgcpnObjective(Objective):
    """:func:`dgcpn_cost` of real outputs, plus that of each modality's outputs against the other's signs.

    S is :func:`~ucch.teachers.dgcpn_similarity`; neighbours are listed once, over all training pairs.

    Note:
        Published are three updates a batch, one for each cost; here one update of their sum.

    Reference:
        Yu, Zhou, Zhan and Tao, "Deep Graph-neighbor Coherence Preserving Network for Unsupervised Cross-modal Hashing",
        AAAI 2021.
    """

    def __init__(self, recipe: Recipe, pairs: Pairs, *, generator: torch.Generator) -> None:
        super().__init__(recipe, pairs, generator=generator)
        texts = pairs.draw_rows("text", torch.arange(len(pairs)), generator).numpy()
        self.neighbors = dgcpn_neighbors(
            torch.from_numpy(np.array(pairs.image)),
            torch.from_numpy(np.array(pairs.text[texts])),
            n_neighbors=max(1, min(recipe.dgcpn.n_neighbors, 2 * len(pairs) // 5)),
            image_weight=recipe.dgcpn.image_weight,
        )

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        section = self.recipe.dgcpn
        similarity = dgcpn_similarity(
            batch.image,
            batch.text,
            batch.index.cpu(),
            self.neighbors,
            image_weight=section.image_weight,
            neighbor_share=section.neighbor_share,
        ).float()
        image, text = batch.h_image, batch.h_text
        sides = ((image, text), (image, normalize(sign(text), dim=1)), (normalize(sign(image), dim=1), text))
        costs = [dgcpn_cost(*side, similarity, section.pair_target) for side in sides]
        return torch.stack(costs).sum()
