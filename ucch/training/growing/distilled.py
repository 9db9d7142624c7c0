"""Staying near the outputs of earlier towers, beside whatever else is learnt."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...models import HashTower
from ...recipe.recipe import Recipe
from ..objectives import Objective
from ..strategies import Batch, Strategy

__all__ = ["DistilledObjective"]


class DistilledObjective(Objective):
    """The cost of an objective, or none, and ``w`` times the distance of queries from those of earlier towers.

    The distance of a view is the mean over its items of ``1 - cos(tanh u, tanh u')``, u the outputs of the towers and
    u' those of the earlier ones for the same features, noise included where the objective adds some; views are
    averaged. What new pairs teach is so learnt where it costs the codes of other items least.

    Args:
        recipe: of the run.
        inner: the objective of the run; None where UCCH's losses are all, which then keep their weight.
        towers: of the earlier run; copied.
        weight: w, at least 0.
        device: where the towers are to be.

    Reference:
        Li and Hoiem, "Learning without Forgetting", IEEE TPAMI 40(12), 2018: outputs of the earlier network on new
        items stand for the items it learnt from.
    """

    def __init__(
        self,
        recipe: Recipe,
        inner: Objective | None,
        towers: Sequence[HashTower],
        *,
        weight: float,
        device: torch.device | str = "cpu",
    ) -> None:
        torch.nn.Module.__init__(self)
        self.recipe, self.inner, self.weight = recipe, inner, weight
        self._earlier = tuple(copy.deepcopy(tower).to(device).eval() for tower in towers)  # no part of what trains

    @classmethod
    def passes_queries_by(cls, recipe: Recipe) -> bool:
        return True

    @property
    def ucch_weight(self) -> float:
        return 1.0 if self.inner is None else self.inner.ucch_weight

    def towers(self) -> tuple[HashTower, ...] | None:
        return None if self.inner is None else self.inner.towers()

    def inputs(self, *views: Tensor) -> tuple[Tensor, ...]:
        self._seen = views if self.inner is None else self.inner.inputs(*views)
        return self._seen

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        costs = []
        for (name, u), features, tower in zip(batch.u.items(), self._seen, self._earlier, strict=True):
            with torch.no_grad():
                before = normalize(torch.tanh(tower(features).float()), dim=1)
            apart = 1 - (normalize(torch.tanh(u.float()), dim=1) * before).sum(dim=1)
            if batch.seen is not None:
                apart = apart * batch.seen[name]  # rows taken out by a mask would be waited for
            costs.append(apart.mean())
        cost = self.weight * torch.stack(costs).mean()
        return cost if self.inner is None else cost + self.inner(batch, strategy)
