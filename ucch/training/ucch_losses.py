"""The losses of UCCH for a batch of any number of views: finding the own code, and pairs ranked first."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import torch
from torch import Tensor, nn

from ..collectives import World
from ..losses import Among
from ..losses.contrastive_hashing import own_code_loss
from ..recipe.recipe import Recipe
from .build import build_ranking
from .strategies import Batch
from .teacher.guide import Guidance

__all__ = ["UcchLosses"]


class UcchLosses(nn.Module):
    """The contrastive and the ranking loss of a batch, by a recipe's section ``loss``.

    For V views the contrastive loss is 2/V times the sum over the views and the ranking loss the mean over every two
    of them, so that their balance is that of the publication's two; a single view has no ranking loss. Where items
    lack views, losses are means over what is there, and pairs are ranked among the items that have both.

    Args:
        recipe: its section ``loss``.
        world: the processes that share each batch; the ranking loss compares with the queries of all.

    Returns:
        Of a call with a batch and its :class:`~ucch.training.teacher.guide.Guidance`: both losses, scalars, not
        weighted yet.
    """

    def __init__(self, recipe: Recipe, world: World) -> None:
        super().__init__()
        self.temperature, self.world = recipe.loss.temperature, world
        self.ranking_loss, self._own_code_loss = build_ranking(recipe), own_code_loss

    def forward(self, batch: Batch, guidance: Guidance) -> tuple[Tensor, Tensor]:
        """Contrastive and ranking loss."""
        return self.contrastive(batch, guidance), self.ranking(batch, guidance)

    def compile_parts(self, backend: str) -> None:
        """Compile both losses by ``torch.compile``, in place."""
        self.ranking_loss.compile(backend=backend)
        self._own_code_loss = torch.compile(own_code_loss, backend=backend)

    def contrastive(self, batch: Batch, guidance: Guidance) -> Tensor:
        """Finding the own code, the views added, at the weight of two of them."""
        targets = guidance.key_targets
        seen: Mapping[str, Tensor] = batch.seen or {}
        ways = [
            self._own_code_loss(h, guidance.keys, temperature=self.temperature, targets=targets, seen=seen.get(name))
            for name, h in batch.h.items()
        ]
        return 2 / len(ways) * torch.stack(ways).sum()

    def ranking(self, batch: Batch, guidance: Guidance) -> Tensor:
        """The mean over every two views; 0 for a single one."""
        everyone = self._everyone(batch)
        targets = () if guidance.batch_targets is None else (guidance.batch_targets,)
        costs = []
        for one, other in combinations(batch.h, 2):
            among = None if everyone is None else Among(everyone[one], everyone[other], batch.own.start)
            if batch.seen is not None:
                costs.append(self._ranking_of_complete(batch, one, other, targets))
                continue
            costs.append(self.ranking_loss(batch.h[one], batch.h[other], among, *targets))
        if not costs:
            return next(iter(batch.h.values())).new_zeros(())
        return torch.stack(costs).sum() / len(costs)

    def _ranking_of_complete(self, batch: Batch, one: str, other: str, targets: tuple[Tensor, ...]) -> Tensor:
        """That of two views among the items that have both; 0 where none has."""
        assert batch.seen is not None
        both = (batch.seen[one] & batch.seen[other]).nonzero()[:, 0]
        if not len(both):
            return batch.h[one].new_zeros(())
        inside = tuple(target[both][:, both] for target in targets)
        cost: Tensor = self.ranking_loss(batch.h[one][both], batch.h[other][both], None, *inside)
        return cost

    def _everyone(self, batch: Batch) -> dict[str, Tensor] | None:
        """The queries of all processes, which the ranking loss compares with."""
        if self.world.size == 1 or len(batch.h) == 1:
            return None
        sizes = self.world.sizes(len(batch.whole))
        return {name: self.world.gather(h, sizes) for name, h in batch.h.items()}
