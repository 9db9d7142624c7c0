"""``jdsh``: cosines of outputs rebuild a similarity sharpened by the distribution of its values."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...data import Pairs
from ...recipe.recipe import Recipe
from ...teachers import fit_thresholds, jdsh_joint, jdsh_similarity
from ..strategies import Batch, Strategy
from .objective import Objective
from .rebuilding import rebuilding_errors

__all__ = ["JdshObjective"]

_SAMPLE = 2000  # training pairs that the thresholds are fitted to


class JdshObjective(Objective):
    """``w (|cos(H_I) - S|^2 + |cos(H_T) - S|^2) + 2 |cos(H_I, H_T) - S|^2 - mean cos(h_i, h_t)``.

    S is :func:`~ucch.teachers.jdsh_similarity` of the batch's features, symmetric, so that both directions across are
    one term twice. Its thresholds are quantiles over up to 2,000 training pairs, a reconstruction of constants
    published for one data set.

    Reference:
        Liu, Qian, Guan, Zhan and Ye, "Joint-modal Distribution-based Similarity Hashing for Large-scale Unsupervised
        Deep Cross-modal Retrieval", SIGIR 2020.
    """

    def __init__(self, recipe: Recipe, pairs: Pairs, *, generator: torch.Generator) -> None:
        super().__init__(recipe, pairs, generator=generator)
        section = recipe.jdsh
        self.weights = {name: getattr(section, name) for name in ("image_weight", "text_weight", "cross_weight")}
        items = torch.randperm(len(pairs), generator=generator)[:_SAMPLE]
        texts = pairs.draw_rows("text", items, generator)
        sample = [
            torch.from_numpy(np.array(features[np.sort(rows.numpy())]))
            for features, rows in ((pairs.image, items), (pairs.text, texts))
        ]
        if pairs.image_of_text is not None:
            sample[0] = torch.from_numpy(np.array(pairs.image[pairs.image_of_text[np.sort(texts.numpy())]]))
        self.thresholds = fit_thresholds(jdsh_joint(*sample, **self.weights), left=section.left, right=section.right)

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        section = self.recipe.jdsh
        similarity = jdsh_similarity(
            batch.image,
            batch.text,
            self.thresholds,
            **self.weights,
            pull_low=section.pull_low,
            pull_high=section.pull_high,
        )
        image, across, text = rebuilding_errors(batch.h_image, batch.h_text, similarity.float())
        agreement = (batch.h_image * batch.h_text).sum(dim=1).mean()
        return section.own_weight * (image + text) + 2 * across - agreement
