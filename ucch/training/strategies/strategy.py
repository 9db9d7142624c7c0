"""The slots of the training loop that an answer to "how to train through a sign" fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ...binarize import TanhQuery
from ...data import Pairs
from ...models import HashModel
from ...optim import CodeBank, Keys, MomentumBinary, TableOptimizer, in_batch_keys
from ...optim.keys import mean_view
from ..recipe import Recipe

__all__ = ["Batch", "Stateful", "Strategy"]


@dataclass(frozen=True)
class Batch:
    """One batch as the slots see it: B table rows, their features, real outputs u and queries h, (B, D), of both.

    Features are those of the data, (B, dx) and (B, dy), unscaled and in their dtype; of several captions, one drawn.
    """

    index: Tensor
    image: Tensor
    text: Tensor
    u_image: Tensor
    u_text: Tensor
    h_image: Tensor
    h_text: Tensor


class Stateful(Protocol):
    """What a checkpoint can hold."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any: ...


class Strategy:
    """Fill the slots of the loop as UCCH does; a subclass replaces those in which it differs.

    Towers, losses, sampler, batches and evaluation stay the loop's own and the same for all. In the order of a step:
    :meth:`activate` makes queries of outputs, :meth:`keys` what they are compared with, :meth:`penalty` is added to
    the loss, :meth:`update` moves the table after the towers have moved. :meth:`epoch_start` and :meth:`epoch_end`
    frame an epoch; :meth:`fold` writes what encoding needs, such as a rotation, into a copy of the model, so that its
    codes are the plain signs of its outputs.

    Args:
        recipe: all choices; ``recipe.table`` holds those of the table, a section of its own what a strategy alone has.
        pairs: training pairs; their labels are never read here.
        n_epochs: length of the run.
        generator: source of everything drawn.
        device: where the table stands.

    Attributes:
        section: name of the recipe section that only this strategy reads; empty for none.
        binarize: whether keys are signs.
        bank: the code table.
        optimizer: of the table.
        query: from outputs to queries.
        epoch: number of the present epoch, from 0.
    """

    section: ClassVar[str] = ""
    binarize = True

    def __init__(
        self, recipe: Recipe, pairs: Pairs, *, n_epochs: int, generator: torch.Generator, device: torch.device
    ) -> None:
        self.recipe, self.pairs, self.n_epochs, self.generator = recipe, pairs, n_epochs, generator
        self.bank = CodeBank(len(pairs), recipe.bits, init=recipe.table.init, generator=generator).to(device)
        self.optimizer = self.make_optimizer()
        self.query = self.make_query().to(device)
        self.epoch = 0

    def make_optimizer(self) -> TableOptimizer:
        """Make the optimizer of ``self.bank``."""
        return MomentumBinary(self.bank.parameters(), normalize=self.recipe.table.normalize)

    def make_query(self) -> nn.Module:
        """Make the module that turns outputs into queries."""
        return TanhQuery()

    @property
    def warming_up(self) -> bool:
        """Whether keys come from the batch and table rows are overwritten, as in the published code's first epochs."""
        return self.epoch < self.recipe.table.warmup_epochs

    @property
    def momentum(self) -> float:
        """Weight of the old table row at this time of the run."""
        return 0.0 if self.warming_up else self.recipe.table.momentum

    def epoch_start(self, epoch: int) -> None:
        """Take note that epoch number ``epoch``, from 0, begins."""
        self.epoch = epoch

    def resume_epoch(self, epoch: int) -> None:
        """Take up epoch number ``epoch`` in its middle, after :meth:`load_state_dict`.

        For a strategy whose :meth:`epoch_start` depends on the number alone; one that draws or fits there overrides it.
        """
        self.epoch_start(epoch)

    def activate(self, u_image: Tensor, u_text: Tensor) -> tuple[Tensor, Tensor]:
        """Turn outputs into unit queries, differentiably."""
        return self.query(u_image), self.query(u_text)

    def views(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the table observes of a batch, and of which warm-up makes its keys."""
        return batch.h_image, batch.h_text

    def keys(self, batch: Batch) -> Keys:
        """Choose what the queries are compared with: constants."""
        if self.warming_up:
            return in_batch_keys(*self.views(batch)) if self.binarize else _mean_keys(*self.views(batch))
        table = self.recipe.table
        return self.bank.keys(
            batch.index,
            n_negatives=table.n_negatives,
            negatives=table.negatives,
            mask_own=table.mask_own,
            binarize=self.binarize,
            generator=self.generator,
        )

    def penalty(self, batch: Batch) -> Tensor:
        """What is added to the loss, already weighted."""
        return batch.h_image.new_zeros(())

    def update(self, batch: Batch, keys: Keys) -> None:
        """Move the table, after the towers moved."""
        for group in self.optimizer.param_groups:
            group["momentum"] = self.momentum
        self.bank.observe(batch.index, *self.views(batch))
        self.optimizer.step()

    def epoch_end(self) -> None:
        """Do what is done once per epoch."""

    def fold(self, model: HashModel) -> None:
        """Write what encoding needs into ``model``, a copy of the trained towers."""

    def moved(self) -> dict[str, int]:
        """Count the bits of the table that have flipped, and the rows that have been moved, since the start."""
        state = self.optimizer.state[self.bank.latent]
        return {name: int(state[name]) if state else 0 for name in ("flips", "rows")}

    def parts(self) -> dict[str, Stateful]:
        """Everything with a state that decides how training goes on."""
        return {"bank": self.bank, "binary": self.optimizer}

    def state_dict(self) -> dict[str, Any]:
        """States of all parts."""
        return {name: part.state_dict() for name, part in self.parts().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the states of all parts."""
        for name, part in self.parts().items():
            part.load_state_dict(state[name])


def _mean_keys(*views: Tensor) -> Keys:
    """In-batch keys without signs: the unit mean views, every other pair a negative."""
    rows = normalize(mean_view(*views), dim=1)
    own = torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    return Keys(rows, rows, norm=1.0).excluding(own)
