"""The step of training, over views by name: features and row numbers in, loss and queries out; then the table moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from .._row_checks import index_rows
from ..codes import PackedCodes, pack, sign
from ..collectives import World
from ..data import Items
from ..errors import RecipeError
from ..optim import CodeBank, Keys, ShardedCodeBank
from ..recipe.recipe import Recipe
from ..runs.checkpoint import state_of_tensor, state_tensor
from ..teachers import Teacher
from ..without_waiting import sent
from .build import AUTO_EPOCHS, strategy_of
from .distributed import Towers, data_parallel
from .objectives import Objective
from .strategies import Batch, Strategy
from .teacher.guide import Guidance, Guide
from .ucch_losses import UcchLosses

__all__ = ["HashingStep", "StepOutput"]


class StepOutput(NamedTuple):
    """What a step gives.

    Attributes:
        loss: scalar, to go backward from.
        queries: by the name of each view, (B, D) unit rows with gradient.
        terms: by name the ``contrastive``, ``ranking``, ``objective``, ``structure`` and ``penalty`` parts of the loss.
        keys: what the queries were compared with.
    """

    loss: Tensor
    queries: dict[str, Tensor]
    terms: dict[str, Tensor]
    keys: Keys


class HashingStep(nn.Module):
    """Towers, losses and code table as one module that any loop can train.

    ``step(index, views)`` gives the loss of a batch; after the loop's own optimizer has moved the towers,
    :meth:`after_step` moves the table. Both orders work: call it in the loop, or let the optimizer do it,
    ``optimizer.register_step_post_hook(step.after_step)``. After several forward passes, as when gradients are
    accumulated, the table learns from all of them; those of a step that a loss scaler skipped wait for the next. In
    evaluation mode nothing waits.

    The code table is a submodule without gradient, so an optimizer over ``step.parameters()`` leaves it alone, and
    ``state_dict`` has everything: towers, table, and as one tensor the counts, the epoch and the generator.

    Args:
        towers: by the name of each view any module from what the loader yields for it to (B, D) real outputs,
            a pretrained encoder included; one view, two or more. The code of an item is the signs.
        n_items: N, rows of the table.
        recipe: all choices but those of towers and loop; the default one if None. Its ``bits`` are D.
        scalers: by name what features pass before the tower; nothing by default.
        objective: an :class:`~ucch.training.Objective` beside or in place of UCCH's losses.
        strategy: a class in place of that of the recipe's optimizer, for which its stand-in steps in where the
            objective reads outputs.
        teacher: of the items, for the recipe's ``teacher`` section and the objective.
        pairs: all items, where an optimizer looks at them at once.
        n_epochs: length of the run, for what changes over it; that of the recipe by default, 3 where it has none.
        generator: source of everything drawn, on the CPU; seeded by the recipe by default.
        device: of the table.
        world: the processes that share each batch; this process alone by default. With several, all call with the
            same ``index`` and each with the views of its :meth:`share <ucch.collectives.World.share>`; their generators
            go on from that of process 0, and what one of them is given wrong is an error in all.

    Shape:
        - ``index``: (B,) int64 rows of the table, one per item, so that an item is known again.
        - ``views``: by name whatever the tower takes, B items in the order of ``index``.

    Raises:
        RecipeError: the recipe names an objective and none is given; its optimizer needs all pairs.
        ValueError: no towers; the views of a batch have other names than the towers, or a tower gives no (B, D); the
            processes were given different numbers of items, or of a batch different rows.
        TypeError, ValueError: ``index`` is no vector of int64 row numbers.

    Note:
        What the losses of one view or of three are: :class:`~ucch.training.ucch_losses.UcchLosses`. An epoch, which
        decides when warm-up ends, is over when as many rows as the table has were seen, unless the loop says so itself
        by :meth:`epoch_start`.

    Example:
        >>> step = HashingStep({"image": nn.Linear(8, 64), "text": nn.Linear(5, 64)}, n_items=100)
        >>> adam = torch.optim.Adam(step.parameters())
        >>> out = step(torch.tensor([3, 7]), {"image": torch.randn(2, 8), "text": torch.randn(2, 5)})
        >>> out.loss.backward()
        >>> adam.step()
        >>> step.after_step()
        >>> step.encode("text", torch.randn(4, 5)).shape
        (4, 8)
    """

    bank: CodeBank | ShardedCodeBank

    def __init__(
        self,
        towers: Mapping[str, nn.Module],
        n_items: int,
        recipe: Recipe | None = None,
        *,
        scalers: Mapping[str, nn.Module] | None = None,
        objective: Objective | None = None,
        strategy: type[Strategy] | None = None,
        teacher: Teacher | None = None,
        pairs: Items | None = None,
        n_epochs: int | None = None,
        generator: torch.Generator | None = None,
        device: torch.device | str = "cpu",
        world: World | None = None,
    ) -> None:
        super().__init__()
        recipe, world = recipe or Recipe(), world or World()
        _check(towers, n_items, recipe, objective, world)
        if n_epochs is None:
            n_epochs = AUTO_EPOCHS if recipe.training.epochs == "auto" else recipe.training.epochs
        self.recipe, self.names, self.world = recipe, tuple(towers), world
        self.generator = generator or torch.Generator().manual_seed(recipe.seed)
        self.generator.set_state(world.spread(self.generator.get_state()))  # what is drawn is drawn alike
        self.strategy = (strategy or strategy_of(recipe, objective))(
            recipe,
            n_items,
            names=self.names,
            pairs=pairs,
            n_epochs=n_epochs,
            generator=self.generator,
            device=torch.device(device),
            world=self.world,
        )
        for name, part in self.strategy.parts().items():
            if isinstance(part, nn.Module):
                self.add_module(name, part)
        self.bank = self.strategy.bank
        self.bank.requires_grad_(False)
        self.scalers = nn.ModuleDict(scalers or {})
        self.towers = data_parallel(Towers(towers), self.world)
        self.objective = objective
        self.ucch_weight = 1.0 if objective is None else objective.ucch_weight
        self.guide: Guide | None = None
        if teacher is not None:
            self.guided_by(teacher)
        self.losses = UcchLosses(recipe, self.world)
        self._waiting: list[tuple[Batch, Keys]] = []
        self._counts_epochs, self._rows_seen = True, 0
        self.strategy.epoch_start(0)
        self.register_state_dict_post_hook(_contiguous)  # type: ignore[no-untyped-call]

    def forward(self, index: Tensor, views: Mapping[str, Any], seen: Mapping[str, Tensor] | None = None) -> StepOutput:
        """Loss and queries of a batch.

        Args:
            index, views: as of the class.
            seen: by the name of each view (B,) bool, which items have it, where not all have; what stands in the
                others' rows is not read. Losses are means over what is there, pairs are ranked among pairs with both
                views, and a table row moves towards the mean of the views it has. In one process, for strategies of the
                kind that :meth:`Strategy.takes_one_sided <ucch.training.strategies.Strategy.takes_one_sided>` says.
        """
        batch = self._batch(index, views, seen)
        keys = self.strategy.keys(batch)
        contrastive = ranking = cost = structure = next(iter(batch.h.values())).new_zeros(())
        if self.guide is not None:
            guidance, structure = self.guide(batch, keys), self.guide.structure(batch)
        else:
            guidance = Guidance(keys, None, None)
        if self.ucch_weight > 0:
            contrastive, ranking = self.losses(batch, guidance)
        if self.objective is not None:
            cost = self.objective(batch, self.strategy)
        penalty, beta = self.strategy.penalty(batch), self.recipe.loss.beta
        loss = self.ucch_weight * (beta * contrastive + (1 - beta) * ranking) + cost + structure + penalty
        if self.training:
            self._waiting.append((batch.detached(), keys))
        terms = {
            "contrastive": contrastive,
            "ranking": ranking,
            "objective": cost,
            "structure": structure,
            "penalty": penalty,
        }
        return StepOutput(loss, dict(batch.h), terms, keys)

    def guided_by(self, teacher: Teacher) -> None:
        """Have a teacher of the items guide the losses, and the objective where there is one, from here on."""
        if self.objective is not None:
            self.objective.guided_by(teacher)
        if self.recipe.objective == "ucch" and self.ucch_weight > 0:
            self.guide = Guide(teacher, self.recipe)

    def after_step(self, *_: object) -> None:
        """Move the table, once the towers have moved; takes and ignores what an optimizer hands to a post hook."""
        waiting, self._waiting = self._waiting, []
        for batch, keys in waiting:
            self.strategy.update(batch, keys)
            self._rows_seen += len(batch.whole)
        if self._counts_epochs and self._rows_seen >= self.bank.n_codes:
            self._rows_seen -= self.bank.n_codes
            self.strategy.epoch_end()
            self.strategy.epoch_start(self.strategy.epoch + 1)

    def forget(self) -> None:
        """Leave the table as it is after a step that was not taken."""
        self._waiting = []

    def settle(self, taken: Tensor) -> None:
        """As :meth:`after_step` where ``taken``, a bool scalar on the device, is true; else leave the table as it is.

        For a loop that lets the device find out whether the towers have moved, and does not wait for it.
        """
        optimizer = self.strategy.optimizer
        optimizer.taken = taken.to(self.bank.latent.device)
        try:
            self.after_step()
        finally:
            optimizer.taken = None

    def compile_parts(self, backend: str = "inductor") -> None:
        """Compile towers and losses by ``torch.compile``, in place; states stay, results but for rounding."""
        self.towers.compile(backend=backend)
        self.losses.compile_parts(backend)

    def epoch_start(self, epoch: int) -> None:
        """Begin epoch number ``epoch``, from 0, in a loop that says itself when; :meth:`epoch_end` ends it."""
        self._counts_epochs = False
        self.strategy.epoch_start(epoch)

    def epoch_end(self) -> None:
        """Do what is done once per epoch."""
        self.strategy.epoch_end()

    @torch.no_grad()
    def encode(self, name: str, view: Any) -> PackedCodes:
        """Encode items of one view into packed codes, (n, ceil(D/8)), with the towers as they stand."""
        towers = self.towers if isinstance(self.towers, Towers) else self.towers.module
        u = towers[name](self._scaled(name, view))  # type: ignore[index, operator]
        return pack(sign(self.strategy.levelled(name, u)))

    def _scaled(self, name: str, view: Any) -> Any:
        return self.scalers[name](view) if name in self.scalers else view

    def _batch(self, index: Tensor, views: Mapping[str, Any], seen: Mapping[str, Tensor] | None = None) -> Batch:
        def checked() -> list[int]:
            if set(views) != set(self.names):
                names = ", ".join(self.names)
                raise ValueError(f"views must be named {names}, as the towers are, got {', '.join(views)}")
            index_rows("index", index, self.bank.n_codes)
            return []

        self.world.agree(checked)
        self.world.same("index", index)
        own = self.world.share(len(index))
        scaled = [self._scaled(name, views[name]) for name in self.names]
        if self.objective is not None:
            scaled = list(self.objective.inputs(*scaled))
        inputs = dict(zip(self.names, scaled, strict=True))
        u: dict[str, Tensor] = self.towers(inputs)
        shape = (len(index[own]), self.recipe.bits)

        def fits() -> list[int]:
            for name, outputs in u.items():
                if tuple(outputs.shape) != shape:
                    raise ValueError(f"tower {name} must give {shape}, items by bits, got {tuple(outputs.shape)}")
            return []

        self.world.agree(fits)
        h = dict(zip(self.names, self.strategy.activate(*u.values()), strict=True))
        whole = sent(index, next(iter(u.values())).device)
        batch = Batch(whole[own], views, u, h, whole, own, seen)
        return replace(batch, weights=self.strategy.weigh(batch, inputs))

    def get_extra_state(self) -> Tensor:
        """Counts, epoch and generator, as bytes in a tensor: every format for tensors holds them."""
        parts = {name: part for name, part in self.strategy.parts().items() if not isinstance(part, nn.Module)}
        return state_tensor(
            {
                "parts": {name: part.state_dict() for name, part in parts.items()},
                "generator": self.generator.get_state(),
                "epoch": self.strategy.epoch,
                "rows_seen": self._rows_seen,
            }
        )

    def set_extra_state(self, state: Tensor) -> None:
        """Take over what :meth:`get_extra_state` gave."""
        saved = state_of_tensor(state)
        parts = self.strategy.parts()
        for name, part in saved["parts"].items():
            parts[name].load_state_dict(part)
        self.generator.set_state(saved["generator"])
        self._rows_seen = saved["rows_seen"]
        self.strategy.resume_epoch(saved["epoch"])


def _check(
    towers: Mapping[str, nn.Module], n_items: int, recipe: Recipe, objective: Objective | None, world: World
) -> None:
    """Refuse, in all processes alike, what no step is made of."""

    def checked() -> list[int]:
        if not towers:
            raise ValueError("towers must name at least one view, got none")
        if objective is None and recipe.objective != "ucch":
            raise RecipeError(f"recipe key objective is {recipe.objective!r}, so a step needs it as objective=")
        return [n_items]

    if any(others != [n_items] for others in world.agree(checked)):
        raise ValueError(f"n_items must be the same in all processes, got {n_items} here")


def _contiguous(_: nn.Module, state: dict[str, Any], prefix: str, __: object) -> None:
    """Lay out row by row what a saved state holds, as safetensors asks; a rotation may lie column by column."""
    for name in [name for name in state if name.startswith(prefix)]:
        state[name] = state[name].contiguous()
