"""Training on a stream: features that come shard by shard, once, and fit neither memory nor disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..data import Items
from ..errors import DataError, RunError
from ..models import HashModel
from ..plain_json import one_line
from ..recipe.recipe import Recipe
from .batch_features import BatchFeatures
from .build import build_model, build_objective, strategy_of
from .check_stream import check_shard, check_stream
from .epoch_part import EpochPart
from .epoch_stats import health
from .finite import FiniteSteps
from .hashing_step import HashingStep
from .learning_rate import rate_share
from .strategies.recent_codes import RecentCodes, RotatedRecentCodes
from .strategies.rotation import Rotation
from .tower_step import autocast, move_towers

__all__ = ["StreamTraining", "train_stream"]


class StreamTraining:
    """Train towers on shards of pairs, each once, with no row per pair: memory does not grow with the stream.

    The first shard stands for all in what is decided before training: the goal, the scaling of features, and, where
    neighbours or partners are kept, the closed-form start. Pairs of a shard come in a random order, batch by batch;
    what is left over is left out. They are compared with one another and with a ring of the ``table.n_negatives``
    latest codes (:class:`~ucch.training.strategies.recent_codes.RecentCodes`), by the optimizer ``rotation`` after a
    rotation that is fitted to the ring each time it was filled, or by the objective ``neighbors`` among themselves.
    There is no teacher, which would describe pairs one by one.

    Args:
        recipe: all choices; those that need a row per pair, labels or pairs set aside are refused. The rate falls by a
            cosine where ``n_shards`` is known, and else stays.
        first: the first shard, at least one batch of pairs with both sides.
        n_shards: of the stream, of about one size.
        device: where to train.

    Attributes:
        recipe: as settled for the goal; ``choice`` says why.
        model: the towers as they train.
        shard, rows: trained so far.
        part: how far the present shard is; None between shards.

    Raises:
        RecipeError: the recipe asks for what a stream has not, or its batch is larger than the ring.
        DataError: the first shard has less than a batch.

    Example:
        >>> from ucch.data import Pairs
        >>> from ucch.recipe import load_recipe
        >>> rows = torch.randn(3, 64, 8, generator=torch.Generator().manual_seed(0)).numpy()
        >>> recipe = load_recipe("default", ["bits=16", "width=32", "batch_size=32", "n_negatives=64"])
        >>> trained = train_stream((Pairs(part, part[:, ::-1]) for part in rows), recipe)
        >>> trained.shard, trained.rows, trained.finished_model().n_bits
        (3, 192, 16)
    """

    def __init__(
        self, recipe: Recipe, first: Items, *, n_shards: int | None = None, device: torch.device | str = "cpu"
    ) -> None:
        self.choice = check_stream(recipe, first)
        self.recipe = recipe = self.choice.recipe
        self.device, self.n_shards = torch.device(device), n_shards
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.objective = build_objective(recipe, first, self.generator)
        towers = None if self.objective is None else self.objective.towers()
        self.model = build_model(recipe, first, towers).to(self.device)
        if self.objective is not None:
            self.objective.to(self.device)
        self.step = HashingStep(
            self.model.towers(),
            recipe.table.n_negatives,
            recipe,
            scalers=self.model.scalers(),
            objective=self.objective,
            strategy=RotatedRecentCodes if strategy_of(recipe, self.objective) is Rotation else RecentCodes,
            generator=self.generator,
            device=self.device,
        )
        self.step.epoch_start(0)
        parts = [self.model] if self.objective is None else [self.model, self.objective]
        self.parameters = list(dict.fromkeys(parameter for part in parts for parameter in part.parameters()))
        training = recipe.training
        self.adam = torch.optim.Adam(
            self.parameters, lr=training.learning_rate, weight_decay=training.weight_decay, fused=True
        )
        self.finite = FiniteSteps(training.nonfinite_steps)
        self.shard = self.rows = 0
        self.part: EpochPart | None = None

    def train_shard(self, pairs: Items, on_step: Callable[[], None] | None = None) -> dict[str, float]:
        """Train on the next shard, or on the rest of one.

        Args:
            pairs: the shard.
            on_step: called after each step; if it raises, the state is that between two steps.

        Returns:
            Plain numbers: ``shard`` (from 1), ``rows`` trained in all, means of ``loss`` and of ``agreement`` (share of
            bits on which both modalities of a pair agree) over its steps, ``skipped`` steps, ``learning_rate`` at the
            last and ``seconds``.

        Raises:
            DataError: pairs lack a side, or have other views or widths than the first shard.
            NonFiniteError: too many steps in a row had a loss or gradient that is no finite number.
        """
        start, size = time.perf_counter(), self.recipe.training.batch_size
        check_shard(pairs, 1)
        self._check_alike(pairs)
        self.step.train()
        features = BatchFeatures(pairs, self.device, self.recipe.training.features_on)
        if self.part is None:
            order = torch.randperm(len(pairs), generator=self.generator)
            self.part = EpochPart(order, torch.zeros(2, device=self.device), {})
        part, n_steps = self.part, len(pairs) // size
        while part.step < n_steps:
            self._set_learning_rate(part.step / n_steps)
            rows = part.order[part.step * size : (part.step + 1) * size]
            drawn = {name: pairs.draw_rows(name, rows, self.generator) for name in pairs.names}
            figures, passed = self._step({name: features.rows(name, own) for name, own in drawn.items()})
            if self.finite.look() is not None:
                self.finite.refuse(rows)
            part.add(figures, passed)
            if on_step is not None:
                on_step()
        self.part = None
        self.shard += 1
        skipped = int(part.skipped)
        loss, agreement = (part.totals / max(1, n_steps - skipped)).tolist()
        return {
            "shard": self.shard, "rows": self.rows, "loss": loss, "agreement": agreement, "skipped": skipped,
            "learning_rate": self.adam.param_groups[0]["lr"], "seconds": time.perf_counter() - start,
        }  # fmt: skip

    def _check_alike(self, pairs: Items) -> None:
        """Refuse a shard that the towers of the first cannot read."""
        shard, towers = self.shard + 1, self.model.towers()
        if set(pairs.names) != set(towers):
            raise DataError(
                f"shard {shard} must have the views of the first, {', '.join(towers)}, got {', '.join(pairs.names)};"
                " give every shard all of them and no others"
            )
        for name, tower in towers.items():
            width = pairs.views[name].shape[1]
            if width != tower.n_features:
                raise DataError(
                    f"shard {shard}: {pairs.array_name(name)} must have {tower.n_features} columns, as in the first"
                    f" shard, got {width}; take the features of all shards by one encoder, or leave this one out"
                )
        if self.part is not None and len(self.part.order) != len(pairs):
            raise DataError(
                f"shard {shard} must have {len(self.part.order)} pairs, as when training stopped in it, got"
                f" {len(pairs)}; give it as it was"
            )

    def _step(self, views: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Loss and agreement of a batch, and whether it counts."""
        size, ring = self.recipe.training.batch_size, self.step.bank.n_codes
        slots = (self.rows + torch.arange(size)) % ring
        training = self.recipe.training
        with autocast(training, self.device):
            loss, queries, _, keys = self.step(slots, views)
        figures = torch.stack([loss.detach(), health(*queries.values(), keys=keys)[0]]).float()
        passed = move_towers(
            self.step, self.adam, self.parameters, loss, judged=loss, finite=self.finite, clip_norm=training.clip_norm
        )
        self.rows += size
        if self.rows // ring > (self.rows - size) // ring:
            self.step.epoch_end()  # what an optimizer does once per epoch, it does once per turn of the ring
        return figures, passed

    def _set_learning_rate(self, within: float) -> None:
        training = self.recipe.training
        share = rate_share(training, self.shard + within, self.n_shards)
        self.adam.param_groups[0]["lr"] = share * training.learning_rate

    def finished_model(self) -> HashModel:
        """A copy of the model as it stands, with what its strategy needs for encoding folded in."""
        return self.step.strategy.folded(self.model)

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides how training goes on, between any two steps."""
        return {
            "shard": self.shard,
            "rows": self.rows,
            "model": self.model.state_dict(),
            "adam": self.adam.state_dict(),
            "generator": self.generator.get_state(),
            "skipped_in_a_row": self.finite.in_a_row,
            "part": None if self.part is None else self.part.state_dict(),
            **({} if self.objective is None else {"objective": self.objective.state_dict()}),
            **self.step.strategy.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another training by this recipe and first shard stood."""
        self.shard, self.rows = state["shard"], state["rows"]
        self.model.load_state_dict(state["model"])
        self.adam.load_state_dict(state["adam"])
        self.generator.set_state(state["generator"])
        self.finite.in_a_row = state["skipped_in_a_row"]
        if self.objective is not None:
            self.objective.load_state_dict(state["objective"])
        self.step.strategy.load_state_dict(state)
        if (part := state.get("part")) is not None:
            self.part = EpochPart(**{**part, "totals": part["totals"].to(self.device)})


def train_stream(
    shards: Iterable[Items | Callable[[], Items]],
    recipe: Recipe,
    *,
    n_shards: int | None = None,
    device: torch.device | str = "cpu",
    state: Mapping[str, Any] | None = None,
    on_start: Callable[[StreamTraining], None] | None = None,
    on_step: Callable[[StreamTraining], None] | None = None,
    on_shard: Callable[[StreamTraining, dict[str, float]], None] | None = None,
) -> StreamTraining:
    """Train on all shards of a stream, each once.

    Args:
        shards: pairs, a shard at a time, asked for as they are needed and kept no longer; or what reads one when it is
            called, at its turn. To go on, give the same stream again: the first shard is looked at, those that were
            trained on are passed over, and not read where they are to be called.
        recipe, n_shards, device: as of :class:`StreamTraining`.
        state: its ``state_dict()`` between any two steps, to go on from; the result equals that of a training that was
            not stopped, bit for bit on one machine's CPU.
        on_start, on_step: called with the training before its first step and after every step.
        on_shard: called with the training and its figures after every shard; the time to save.

    Raises:
        DataError: there is no shard; as :class:`StreamTraining`.
        RecipeError: as :class:`StreamTraining`.
        RunError: the state is of another recipe or first shard.
    """
    training: StreamTraining | None = None
    number = 0
    for shard in shards:  # enumerate would hold each until the next is there
        if training is None or number >= training.shard:
            pairs = shard() if callable(shard) else shard
            if training is None:
                training = StreamTraining(recipe, pairs, n_shards=n_shards, device=device)
                if state is not None:
                    _load(training, state)
                if on_start is not None:
                    on_start(training)
            if number >= training.shard:
                figures = training.train_shard(pairs, partial(on_step, training) if on_step else None)
                if on_shard is not None:
                    on_shard(training, figures)
            del pairs  # before the next is made
        number += 1  # noqa: SIM113 - see above
        del shard
    if training is None:
        raise DataError("a stream must have at least one shard, got none")
    return training


def _load(training: StreamTraining, state: Mapping[str, Any]) -> None:
    try:
        training.load_state_dict(state)
    except Exception as error:  # a state of another make fails in any of several ways
        raise RunError(
            f"the state does not fit the recipe and the first shard: {one_line(error)}; go on with those it was saved"
            " with, or train from the start"
        ) from error
