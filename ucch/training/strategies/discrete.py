"""``discrete``: keys solved for as a whole after every epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...data import Items
from ...optim import DiscreteCodes
from .strategy import Strategy, needed

__all__ = ["Discrete", "fused_components"]


def fused_components(pairs: Items, n_components: int) -> Tensor:
    """Project the unit features of all views, side by side, on their principal components: (N, d) float32.

    Of an image with several captions, the captions are averaged.

    Args:
        pairs: N items; labels are not read.
        n_components: at most this many, fewer where the data has fewer.
    """
    from sklearn.decomposition import PCA

    sides = []
    for name, features in pairs.views.items():
        rows, item = _unit_rows(features), pairs.item_of(name)
        if pairs.draws(name):
            mean = np.zeros((len(pairs), rows.shape[1]), np.float32)
            np.add.at(mean, item, rows / np.bincount(item)[item][:, None])
            rows = mean
        sides.append(rows)
    fused = np.concatenate(sides, axis=1)
    count = min(n_components, *fused.shape)
    return torch.from_numpy(PCA(count, random_state=0).fit_transform(fused).astype(np.float32))


def _unit_rows(features: Any) -> np.ndarray[Any, Any]:
    rows = np.asarray(features, dtype=np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1))


class Discrete(Strategy):
    """Tanh queries against codes that discrete cyclic coordinate descent finds once per epoch.

    The codes stay near a momentum memory of the outputs and predict, linearly, the principal components of the
    features, which stand where the published method has labels: a target without labels, our reconstruction.
    """

    section = "discrete"
    placements = ("replicated",)
    optimizer: DiscreteCodes

    def make_optimizer(self) -> DiscreteCodes:
        section = self.recipe.discrete
        self.target = fused_components(needed(self.pairs, "optimizer discrete"), section.n_components).to(
            self.bank.latent.device
        )
        return DiscreteCodes(
            self.bank.parameters(), mu=section.mu, nu=section.nu, eta=section.eta, n_sweeps=section.n_sweeps
        )

    def epoch_end(self) -> None:
        self.optimizer.refresh(self.bank.latent, self.target)
