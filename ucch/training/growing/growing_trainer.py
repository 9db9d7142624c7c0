"""The trainer of a run that goes on: earlier towers, new rows in the table, earlier rows replayed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor

from ...collectives import World
from ...data import Items, as_pairs
from ...models import HashModel
from ...optim import CodeBank
from ...recipe.recipe import Recipe
from ...teachers import Teacher
from ..build import n_epochs
from ..objectives import Objective
from ..objectives.neighbors import NeighborsObjective
from ..start_table import start_table
from ..trainer import Trainer
from .distilled import DistilledObjective
from .earlier import Earlier
from .grown_recipe import check_grows, check_widths, rate_and_nearness

__all__ = ["GrowingTrainer"]


class GrowingTrainer(Trainer):
    """Train on from an earlier run, with pairs it has not seen.

    Towers and scaling are those of the earlier run, and every pair's table row begins at the code they give it, so that
    nothing warms up. An earlier pair whose features are not at hand is replayed by its code: a row of the table
    behind those of the pairs, and so a key that queries keep away from; it moves no more. Where features are at hand
    (``earlier.replayed``) it trains: an epoch is every new pair and as many earlier ones, drawn anew. Outputs stay near
    the earlier towers' (:class:`DistilledObjective`).

    Without an own number of epochs it makes ``growing.step_share`` of the steps of training on all pairs, at
    ``growing.rate_share`` of the learning rate. Without features of earlier pairs there is no teacher, which would have
    to know them. Pairs are set aside among the new ones only, and what is handed over is the earlier model where
    growing keeps less of them, for goals that set pairs aside.

    Args:
        recipe: of :func:`grown_recipe`.
        pairs: ``earlier.replayed`` pairs of the earlier run, then new ones; those alone where it is 0.
        earlier: what the earlier run hands on.
        replayed: of ``pairs``, where some were held out before; ``earlier.replayed`` by default.
        device, world, teacher, fine_tuning, objective: as of :class:`~ucch.training.Trainer`.

    Raises:
        DataError: other views than image and text, features of another width than those of the earlier run, or no new
            pairs.
        RecipeError: as :func:`check_grows`.
    """

    def __init__(
        self,
        recipe: Recipe,
        pairs: Items,
        *,
        earlier: Earlier,
        replayed: int | None = None,
        device: torch.device | str = "cpu",
        world: World | None = None,
        teacher: Teacher | Callable[[Items], Teacher | None] | Literal["fit"] | None = "fit",
        objective: type[Objective] | None = None,
        **options: Any,
    ) -> None:
        own = "" if objective is None else objective.__name__
        check_grows(recipe, earlier.recipe, n_processes=(world or World()).size, own=own)
        check_widths(earlier.model, as_pairs(pairs, "growing"))
        self.earlier = earlier
        self.replayed = earlier.replayed if replayed is None else replayed
        options |= {"device": device, "world": world, "teacher": teacher if self.replayed else None}
        super().__init__(recipe, pairs, **options)
        share = rate_and_nearness(recipe, by_features=self.replayed > 0)[0]
        self.learning_rates = [share * rate for rate in self.learning_rates]

    @property
    def takes_teacher(self) -> bool:
        return self.replayed > 0 and super().takes_teacher

    @property
    def n_new(self) -> int:
        """New pairs that train."""
        return int((self.rows >= self.replayed).sum())

    @property
    def rows_per_epoch(self) -> int:
        return self.n_new + min(self.n_new, len(self.rows) - self.n_new)

    @property
    def steps_of_all(self) -> int:
        """Steps that training on all pairs takes, by the same recipe."""
        n_items = self.earlier.n_items + self.n_new
        training = self.recipe.training
        steps = max(1, n_items // min(training.batch_size, n_items))
        steps = min(steps, training.epoch_steps or steps)
        return steps * n_epochs(self.recipe, steps)

    def _n_epochs(self) -> int:
        if self.recipe.training.epochs != "auto":
            return self.recipe.training.epochs
        return max(1, int(self.recipe.growing.step_share * self.steps_of_all / self.steps_per_epoch))

    def _order(self) -> Tensor:
        rows = torch.from_numpy(self.rows)
        earlier, new = rows[rows < self.replayed], rows[rows >= self.replayed]
        drawn = earlier[torch.randperm(len(earlier), generator=self.generator)[: self.rows_per_epoch - len(new)]]
        order = torch.cat([drawn, new])
        return order[torch.randperm(len(order), generator=self.generator)]

    def _built(self, pairs: Items, own: type[Objective] | None) -> tuple[Objective, HashModel]:
        earlier = self.earlier.model
        inner: NeighborsObjective | None = None
        model = copy.deepcopy(earlier).train()
        model.query_map = None  # of codes that were
        if self.recipe.objective == "neighbors":
            inner = NeighborsObjective(self.recipe, self._start_pairs(), generator=self.generator, earlier=earlier)
            inner.load_state_dict({**inner.state_dict(), **self.earlier.objective})
            model.image_tower, model.text_tower = inner.towers()
        model.recipe = self.recipe.to_toml()
        towers = earlier.image_tower, earlier.text_tower
        weight = rate_and_nearness(self.recipe, by_features=self.replayed > 0)[1]
        return DistilledObjective(self.recipe, inner, towers, weight=weight, device=self.device), model

    @property
    def _neighbors(self) -> NeighborsObjective:
        assert isinstance(self.objective, DistilledObjective)
        assert isinstance(self.objective.inner, NeighborsObjective)
        return self.objective.inner

    def _fill_table(self, pairs: Items) -> None:
        start_table(self.strategy, self.model, pairs)
        if not self.replayed and len(self.earlier.table):
            assert isinstance(self.bank, CodeBank)
            self.bank.extend(self.earlier.table_codes())
