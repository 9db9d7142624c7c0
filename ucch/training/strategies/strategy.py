"""The slots of the training loop that an answer to "how to train through a sign" fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ...binarize import TanhQuery
from ...collectives import World
from ...data import Items
from ...errors import RecipeError
from ...models import HashModel
from ...optim import CodeBank, Keys, MomentumBinary, ShardedCodeBank, TableOptimizer, in_batch_keys
from ...optim.keys import mean_view
from ...recipe.recipe import Recipe
from ..sharded_state import ShardedCounts, ShardedTable

__all__ = ["Batch", "Stateful", "Strategy", "needed"]


@dataclass(frozen=True)
class Batch:
    """One batch as the slots see it: B table rows, and by the name of each view what belongs to them.

    Attributes:
        index: (B,) table rows.
        views: features as the towers' scaling gets them, unscaled and in their dtype; of several captions, one drawn.
        u: (B, D) real outputs of the towers.
        h: (B, D) queries, unit rows.
        everyone: table rows of all processes, where several share a batch; this is the part ``own`` of it.
        seen: (B,) bool, which rows have that view; None where all have all. Outputs of the others mean nothing.
        weights: scalar, how far table rows follow that view; None where they follow all alike.
    """

    index: Tensor
    views: Mapping[str, Any]
    u: Mapping[str, Tensor]
    h: Mapping[str, Tensor]
    everyone: Tensor | None = None
    own: slice = field(default_factory=lambda: slice(None))
    seen: Mapping[str, Tensor] | None = None
    weights: Mapping[str, Tensor] | None = None

    @property
    def whole(self) -> Tensor:
        """Table rows of all processes."""
        return self.index if self.everyone is None else self.everyone

    def detached(self) -> Batch:
        """What the table needs of it once the towers have moved: rows, outputs and queries, without gradient."""
        u, h = ({name: value.detach() for name, value in part.items()} for part in (self.u, self.h))
        return replace(self, views={}, u=u, h=h)

    @property
    def image(self) -> Tensor:
        """Features of the images, (B, dx), for what compares images and texts; so are the next five."""
        return cast("Tensor", self.views["image"])

    @property
    def text(self) -> Tensor:
        """Features of the texts, (B, dy)."""
        return cast("Tensor", self.views["text"])

    @property
    def u_image(self) -> Tensor:
        """Outputs of the images."""
        return self.u["image"]

    @property
    def u_text(self) -> Tensor:
        """Outputs of the texts."""
        return self.u["text"]

    @property
    def h_image(self) -> Tensor:
        """Queries of the images."""
        return self.h["image"]

    @property
    def h_text(self) -> Tensor:
        """Queries of the texts."""
        return self.h["text"]


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
        n_items: rows of the table.
        names: of the views, in the order of the towers.
        pairs: the training items, where all are known; their labels are never read here.
        n_epochs: length of the run.
        generator: source of everything drawn.
        device: where the table stands.
        world: the processes that train together.

    Attributes:
        section: name of the recipe section that only this strategy reads; empty for none.
        placements: of the table on several processes; empty where a step needs a batch or a table as a whole.
        stand_in: name of the strategy in its place where nothing may be folded into the towers; empty to refuse.
        binarize: whether keys are signs.
        bank: the code table.
        optimizer: of the table.
        query: from outputs to queries.
        epoch: number of the present epoch, from 0.
    """

    section: ClassVar[str] = ""
    placements: ClassVar[tuple[str, ...]] = ("replicated", "sharded")
    stand_in: ClassVar[str] = ""
    binarize = True
    bank: CodeBank | ShardedCodeBank

    def __init__(
        self,
        recipe: Recipe,
        n_items: int,
        *,
        names: Sequence[str] = ("image", "text"),
        pairs: Items | None = None,
        n_epochs: int,
        generator: torch.Generator,
        device: torch.device,
        world: World | None = None,
    ) -> None:
        self.recipe, self.n_items, self.names, self.pairs = recipe, n_items, tuple(names), pairs
        self.n_epochs, self.generator = n_epochs, generator
        self.world = world or World()
        self.bank = self.make_bank().to(device)
        self.optimizer = self.make_optimizer()
        self.query = self.make_query().to(device)
        self.epoch = 0

    def make_bank(self) -> CodeBank | ShardedCodeBank:
        """Make the code table, or this process's rows of it."""
        shape, init = (self.n_items, self.recipe.bits), self.recipe.table.init
        if self.sharded:
            return ShardedCodeBank(*shape, world=self.world, init=init, generator=self.generator)
        return CodeBank(*shape, init=init, generator=self.generator)

    @property
    def sharded(self) -> bool:
        """Whether this process holds a part of the table only."""
        return self.world.size > 1 and self.recipe.table.placement == "sharded"

    def make_optimizer(self) -> TableOptimizer:
        """Make the optimizer of ``self.bank``."""
        return MomentumBinary(self.bank.parameters(), normalize=self.recipe.table.normalize)

    def make_query(self) -> nn.Module:
        """Make the module that turns outputs into queries."""
        return TanhQuery()

    @classmethod
    def takes_one_sided(cls) -> bool:
        """Whether items that lack a view may train: every slot that reads outputs is the one of this class."""
        slots = ("activate", "views", "keys", "batch_keys", "penalty", "update", "epoch_start", "epoch_end", "fold")
        return all(getattr(cls, slot) is getattr(Strategy, slot) for slot in slots)

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

    def activate(self, *u: Tensor) -> tuple[Tensor, ...]:
        """Turn the outputs of every view into unit queries, differentiably."""
        return tuple(self.query(outputs) for outputs in u)

    def levelled(self, name: str, u: Tensor) -> Tensor:
        """Turn outputs of one view into those whose plain signs are its codes, as :meth:`fold` does for a model."""
        return u

    def weigh(self, batch: Batch, inputs: Mapping[str, Any]) -> Mapping[str, Tensor] | None:
        """How far table rows follow each view of a batch, given also what its towers have got; None for all alike."""
        return None

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        """What the table observes of a batch, and of which warm-up makes its keys."""
        return tuple(batch.h.values())

    def keys(self, batch: Batch) -> Keys:
        """Choose what the queries are compared with: constants."""
        if self.warming_up:
            return self.batch_keys(batch)
        table = self.recipe.table
        each = table.negatives == "per_anchor"  # drawn for the whole batch, so that one process draws the same
        keys = self.bank.keys(
            batch.whole if each else batch.index,
            n_negatives=table.n_negatives,
            negatives=table.negatives,
            mask_own=table.mask_own,
            binarize=self.binarize,
            generator=self.generator,
        )
        return keys.of(batch.own) if each else keys

    def batch_keys(self, batch: Batch) -> Keys:
        """Make keys of the batch itself, of all processes, every other pair a negative."""
        view = self._whole_view(batch)
        return (in_batch_keys(view) if self.binarize else _mean_keys(view)).of(batch.own)

    def penalty(self, batch: Batch) -> Tensor:
        """What is added to the loss, already weighted."""
        return next(iter(batch.h.values())).new_zeros(())

    def update(self, batch: Batch, keys: Keys) -> None:
        """Move the table, after the towers moved."""
        for group in self.optimizer.param_groups:
            group["momentum"] = self.momentum
        self.bank.observe(batch.whole, self._whole_view(batch))
        self.optimizer.step()

    @torch.no_grad()
    def _whole_view(self, batch: Batch) -> Tensor:
        """Mean views of the batch, of all processes: (B, D)."""
        seen, weights = (
            None if part is None else [part[name] for name in batch.h] for part in (batch.seen, batch.weights)
        )
        mean = mean_view(*self.views(batch), seen=seen, weights=weights)
        return self.world.gather(mean, self.world.sizes(len(batch.whole)))

    def epoch_end(self) -> None:
        """Do what is done once per epoch."""

    def fold(self, model: HashModel) -> None:
        """Write what encoding needs into ``model``, a copy of the trained towers."""

    def folded(self, model: HashModel) -> HashModel:
        """A copy of the trained towers, apart, with what encoding needs written into it."""
        model = model.apart()
        self.fold(model)
        return model

    def moved(self) -> dict[str, int]:
        """Count the bits of the table that have flipped, and the rows that have been moved, since the start."""
        counted = self.optimizer.counted(self.bank.latent)
        counts = torch.tensor([counted[name] for name in ("flips", "rows")])
        flips, rows = (self.world.sum(counts) if self.sharded else counts).tolist()
        return {"flips": flips, "rows": rows}

    def parts(self) -> dict[str, Stateful]:
        """Everything with a state that decides how training goes on."""
        if isinstance(self.bank, ShardedCodeBank):
            return {"bank": ShardedTable(self.bank), "binary": ShardedCounts(self.optimizer, self.world)}
        return {"bank": self.bank, "binary": self.optimizer}

    def state_dict(self) -> dict[str, Any]:
        """States of all parts."""
        return {name: part.state_dict() for name, part in self.parts().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the states of all parts."""
        for name, part in self.parts().items():
            part.load_state_dict(state[name])


def needed(pairs: Items | None, who: str) -> Items:
    """The pairs, for a strategy that looks at all of them at once.

    Raises:
        RecipeError: there are none: the step has towers of one's own and gets its items batch by batch.
    """
    if pairs is None:
        raise RecipeError(f"{who} looks at the features of all pairs, which a Trainer has and a step by itself has not")
    return pairs


def _mean_keys(view: Tensor) -> Keys:
    """In-batch keys without signs: the unit mean views, every other pair a negative."""
    rows = normalize(view, dim=1)
    own = torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    return Keys(rows, rows, norm=1.0).excluding(own)
