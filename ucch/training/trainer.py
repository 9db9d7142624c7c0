"""The training loop: towers by Adam, the code table by the strategy that the recipe names."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import torch
from torch import Tensor

from ..collectives import World
from ..data import Items
from ..errors import RecipeError
from ..models import HashModel, HashTower
from ..optim import CodeBank, ShardedCodeBank
from ..recipe.recipe import Recipe
from ..teachers import Teacher
from ..without_waiting import sent
from .batch_features import BatchFeatures
from .build import build_model, build_objective, n_epochs
from .closed_form import MOST_FITTED
from .distributed import check_parallel
from .epoch_part import EpochPart
from .epoch_stats import HEALTH, EpochStats, health
from .fine_tuning import FineTuning
from .finite import FiniteSteps
from .goal import choose_goal
from .guarantee import Verdict, judge, set_aside, what_is_kept
from .hashing_step import HashingStep
from .learning_rate import rate_share
from .objectives import Objective
from .start_table import start_table
from .strategies import STRATEGIES
from .table_balance import table_balance
from .teacher.fitting import fit_teacher, takes_teacher
from .teacher.shared import shared_teacher
from .tower_step import autocast, move_towers
from .trusted import check_one_sided, trusted_pairs
from .validation import among_complete

if TYPE_CHECKING:
    from .objectives.neighbors import NeighborsObjective

__all__ = ["EpochStats", "Trainer"]

_LOOK = 64  # steps between two looks at what an accelerator found; a CPU is looked at after every step

_FIGURES = ("loss", "contrastive", "ranking", "objective", "structure", "penalty", *HEALTH)


class Trainer:
    """Train a :class:`~ucch.models.HashModel` on pairs, or on items of any other views.

    No labels are read unless ``recipe.objective`` needs them.

    Every generator is seeded from the recipe, so two trainers of one recipe, data and machine agree bit for bit, and
    one that loads another's :meth:`state_dict` goes on as that one would have.

    Several processes train one model: all draw the same batch, each runs the towers on its share and compares it with
    the queries of all, gradients are added up over the processes. The result is that of one process but for the order
    of sums; generators and states are alike in all processes.

    Args:
        recipe: all choices; ``recipe.optimizer`` names the strategy.
        pairs: training items; their labels are read by an objective with labels only.
        device: where to train.
        teacher: of these pairs, or what makes it of them as they train, called once the recipe is found to train;
            ``"fit"`` (default) fits the one that ``recipe.teacher`` asks for, None does without.
        fine_tuning: the image encoder, where it trains along on the photographs of these pairs.
        objective: a class of one's own in place of the objective that a recipe names; it is given the pairs without
            labels. Whoever loads a state of such a run gives it again.
        world: the processes that train together; this process alone by default. With several, every method but
            :meth:`finished_model` is collective.

    Attributes:
        choice: what the codes are for, and why (:func:`~ucch.training.goal.choose_goal`); ``recipe`` is the one it
            settled.
        replayed: how many of the pairs, at their beginning, an earlier run has trained on; 0 but where a run goes on
            (:class:`~ucch.training.growing.GrowingTrainer`).
        trusted: the pairs by what is believed of them; ``pairs`` are those, or under UCCH and other objectives that do
            not learn from items of one side those of them that have both.
        rows: of the pairs that train; all but ``held_out``, which are set aside where neighbours or partners are kept.
        verdict: what trained codes and the start kept of those, once :meth:`finished_model` was asked for; else None.
        teacher: the :class:`~ucch.teachers.Teacher`, or None.
        model: the towers as they train; :meth:`finished_model` is what encodes.
        step: towers, losses and table as the module that every step goes through.
        strategy: how to train through the sign; see :class:`~ucch.training.strategies.Strategy`.
        part: how far the present epoch is; None between epochs.
        finite: skips the steps whose loss or gradient is no finite number.
        features: of the pairs, on the device or on their way to it.
        loss: of the latest step that was looked at; nan before the first.
        objective: the :class:`~ucch.training.objectives.Objective`, or None where UCCH's losses are all.

    Raises:
        DataError: the objective needs labels and there are none, or none that tell rows apart.
        RecipeError: the recipe does not train on several processes, or not with such a table; it asks for fine tuning
            and ``fine_tuning`` is not given, or the reverse; it names an objective or a goal beside ``objective``.
    """

    replayed: int = 0

    def __init__(
        self,
        recipe: Recipe,
        pairs: Items,
        *,
        device: torch.device | str = "cpu",
        world: World | None = None,
        teacher: Teacher | Callable[[Items], Teacher | None] | Literal["fit"] | None = "fit",
        fine_tuning: FineTuning | None = None,
        objective: type[Objective] | None = None,
    ) -> None:
        if recipe.fine_tuning.enabled != (fine_tuning is not None):
            raise RecipeError("fine_tuning needs the photographs: it goes with ucch train --images")
        self.world = world or World()
        self._own_objective = "" if objective is None else objective.__name__
        self.trusted = trusted_pairs(recipe, pairs)
        pairs = self.trusted.pairs
        self.choice = choose_goal(
            recipe, pairs.complete(), n_processes=self.world.size, own=self._own_objective or None
        )
        recipe = self.choice.recipe
        if not pairs.all_complete:
            check_one_sided(recipe, self.world.size)
            if recipe.objective != "neighbors":  # items of one side were found to draw UCCH's codes away from pairs
                self.replayed = int((pairs.complete_rows < self.replayed).sum())
                pairs = pairs.complete()
        self.recipe, self.pairs, self.device = recipe, pairs, torch.device(device)
        self.rows, self.held_out = np.arange(len(pairs)), np.arange(0)
        if recipe.objective == "neighbors":
            self.rows, self.held_out = among_complete(pairs, partial(set_aside, recipe), self.replayed)
        self.verdict: Verdict | None = None
        training = recipe.training
        self.batch_size = min(training.batch_size, self.rows_per_epoch)
        placements = STRATEGIES[recipe.optimizer].placements
        check_parallel(recipe, placements, self.world, batch_size=self.batch_size, own=self._own_objective)
        if teacher == "fit":
            teacher = shared_teacher(self.world, lambda: fit_teacher(recipe, pairs, device=device))
        elif callable(teacher):
            teacher = teacher(pairs) if self.takes_teacher else None
        self.teacher: Teacher | None = None
        self.steps_per_epoch = min(self.rows_per_epoch // self.batch_size, training.epoch_steps or self.rows_per_epoch)
        self.n_epochs = self._n_epochs()
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.objective, model = self._built(pairs, objective)
        self.model = model.to(self.device)
        self.start = _with_towers(self.model, self._neighbors.linear).eval() if len(self.held_out) else None
        if self.objective is not None:
            self.objective.to(self.device)
        self.step = HashingStep(
            self.model.towers(),
            len(pairs),
            recipe,
            scalers=self.model.scalers(),
            objective=self.objective,
            pairs=pairs,
            n_epochs=self.n_epochs,
            generator=self.generator,
            device=self.device,
            world=self.world,
        )
        self.strategy = self.step.strategy
        if teacher is not None:
            self.guided_by(teacher)
        if training.compile:
            self.step.compile_parts()
        self._fill_table(pairs)
        parts = [self.model] if self.objective is None else [self.model, self.objective]
        self.parameters = list(dict.fromkeys(parameter for part in parts for parameter in part.parameters()))
        groups, self.learning_rates = [{"params": list(self.parameters)}], [training.learning_rate]
        self.fine_tuning = fine_tuning
        if fine_tuning is not None:
            self.parameters += fine_tuning.parameters
            groups.append({"params": fine_tuning.parameters})
            self.learning_rates.append(recipe.fine_tuning.encoder_learning_rate)
        self.adam = torch.optim.Adam(groups, lr=training.learning_rate, weight_decay=training.weight_decay, fused=True)
        self.finite = FiniteSteps(training.nonfinite_steps)
        self.features = BatchFeatures(pairs, self.device, training.features_on)
        self.look_every, self.loss = 1 if self.device.type == "cpu" else _LOOK, math.nan
        self.epoch = 0
        self.part: EpochPart | None = None

    @property
    def takes_teacher(self) -> bool:
        """Whether a teacher may guide this run; under ``auto`` there may still be none."""
        return takes_teacher(self.recipe, self.pairs)

    def guided_by(self, teacher: Teacher) -> None:
        """Have a teacher of these pairs guide the losses from here on.

        Raises:
            ValueError: it describes another number of pairs.
        """
        if len(teacher) != len(self.pairs):
            raise ValueError(f"teacher must describe the {len(self.pairs)} training pairs, got {len(teacher)} rows")
        self.teacher = teacher.to(self.device)
        self.step.guided_by(self.teacher)

    @property
    def bank(self) -> CodeBank | ShardedCodeBank:
        """The code table."""
        return self.strategy.bank

    def train_epoch(self, on_step: Callable[[float], None] | None = None) -> EpochStats:
        """Run the next epoch over a new permutation, or the rest of one; the last incomplete batch is left out.

        Args:
            on_step: called with the loss after each step; if it raises, the state is that between two steps. On an
                accelerator, which nobody waits for within an epoch, the loss is that of the latest look, taken every 64
                steps and at the end of an epoch; nan before the first.

        Raises:
            NonFiniteError: too many steps in a row had a loss or gradient that is no finite number; found at a look.
        """
        start = time.perf_counter()
        self.step.train()
        if self.part is None:
            before = self.strategy.moved()
            self.step.epoch_start(self.epoch)
            self.part = EpochPart(self._order(), torch.zeros(len(_FIGURES), device=self.device), before)
        part, n_rows = self.part, self.steps_per_epoch * self.batch_size
        if self.fine_tuning is not None:
            self.fine_tuning.epoch_start(self.epoch, part.order[part.step * self.batch_size : n_rows])
        while part.step < self.steps_per_epoch:
            self._set_learning_rate(self.epoch * self.steps_per_epoch + part.step)
            views = self._views(rows := self._rows(part, part.step))
            self._expect_next(part)
            figures, passed = self._step(rows, views)
            if (part.step + 1) % self.look_every == 0 or part.step + 1 == self.steps_per_epoch:
                self._look(part, figures[0])
            part.add(figures, passed)
            if on_step is not None:
                on_step(self.loss)
        self.step.epoch_end()
        self.epoch += 1
        self.part = None
        moved = {name: count - part.before[name] for name, count in self.strategy.moved().items()}
        dead_bits, likeness = table_balance(self.bank)
        skipped = int(part.skipped)
        return EpochStats(
            epoch=self.epoch,
            flips_per_row=moved["flips"] / max(1, moved["rows"]),
            rows_touched=moved["rows"] / len(self.pairs),
            learning_rate=self.adam.param_groups[0]["lr"],
            seconds=time.perf_counter() - start,
            skipped=skipped,
            dead_bits=dead_bits,
            likeness=likeness,
            **dict(zip(_FIGURES, (part.totals / max(1, part.step - skipped)).cpu().tolist(), strict=True)),
        )

    @property
    def rows_per_epoch(self) -> int:
        """Pairs of an epoch, of which the last incomplete batch is left out."""
        return len(self.rows)

    def _n_epochs(self) -> int:
        return n_epochs(self.recipe, self.steps_per_epoch)

    def _built(self, pairs: Items, own: type[Objective] | None) -> tuple[Objective | None, HashModel]:
        """The objective, and the model to begin with."""
        objective = build_objective(self.recipe, self._start_pairs(), self.generator, own)
        return objective, build_model(self.recipe, pairs, None if objective is None else objective.towers())

    def _start_pairs(self) -> Items:
        """What an objective starts from: all pairs, but none of those set aside, which judge the start."""
        if not len(self.held_out):
            return self.pairs
        return self.pairs.take(self.rows[:: -(-len(self.rows) // MOST_FITTED)])

    def _fill_table(self, pairs: Items) -> None:
        """Give the table the codes of a start in closed form."""
        if self.recipe.model.start == "closed-form":
            start_table(self.strategy, self.model, pairs)

    def _order(self) -> Tensor:
        """Draw the pairs of an epoch in their order."""
        order = torch.randperm(len(self.rows), generator=self.generator)
        return torch.from_numpy(self.rows)[order] if len(self.held_out) else order

    @property
    def steps_done(self) -> int:
        """Steps since the start of the run."""
        return self.epoch * self.steps_per_epoch + (0 if self.part is None else self.part.step)

    def _rows(self, part: EpochPart, step: int) -> Tensor:
        """Pairs of a step of an epoch, of all processes; none after its last."""
        return part.order[step * self.batch_size : min(step + 1, self.steps_per_epoch) * self.batch_size]

    def _look(self, part: EpochPart, loss: Tensor) -> None:
        """Wait for the device and learn the loss, and whether the run has come to its end."""
        self.loss = float(loss)
        ago = self.finite.look()
        if ago is not None:
            part.step -= ago
            self.finite.refuse(self._rows(part, part.step))

    def _step(self, whole: Tensor, views: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The figures of a step, and whether it counts, both on the device, which is not waited for."""
        share = len(whole[self.world.share(len(whole))]) / len(whole)
        seen, training = self._seen(whole), self.recipe.training
        with autocast(training, self.device):
            loss, queries, terms, keys = self.step(whole, views, seen)
        own_figures = [loss, *terms.values(), *health(*queries.values(), keys=keys, seen=seen)]
        figures = self.world.sum(share * torch.stack([figure.detach() for figure in own_figures]).float())
        cost = loss * (share * self.world.size)  # the processes' gradients are averaged
        judged, finite, norm = figures[0], self.finite, training.clip_norm
        return figures, move_towers(
            self.step, self.adam, self.parameters, cost, judged=judged, finite=finite, clip_norm=norm
        )

    def _views(self, whole: Tensor) -> dict[str, Tensor]:
        """Features of this process's part of a batch, of several captions one drawn for all processes alike."""
        own = self.world.share(len(whole))
        rows = {name: self.pairs.draw_rows(name, whole, self.generator)[own] for name in self.pairs.names}
        tuned = self.fine_tuning if self.fine_tuning is not None and self.fine_tuning.active else None
        return {
            name: tuned.features(len(own_rows)) if tuned and name == "image" else self.features.rows(name, own_rows)
            for name, own_rows in rows.items()
        }

    def _expect_next(self, part: EpochPart) -> None:
        """Have the features of the next step gathered during this one; captions are drawn in their time."""
        coming = self._rows(part, part.step + 1)
        coming = coming[self.world.share(len(coming))]
        for name in self.pairs.names:
            if not self.pairs.draws(name) and (self.fine_tuning is None or name != "image"):
                self.features.expect(name, coming)

    def _seen(self, rows: Tensor) -> dict[str, Tensor] | None:
        """Which of the rows have each view; None where all pairs have both."""
        if self.pairs.all_complete:
            return None
        return {name: sent(torch.from_numpy(mask[rows.numpy()]), self.device) for name, mask in self.pairs.seen.items()}

    def finished_model(self) -> HashModel:
        """Copy the model as it stands, with what its strategy needs for encoding folded in.

        Where the goal is to keep neighbours or partners, it is the closed-form start instead if that keeps more of them
        on the pairs set aside; ``verdict`` then says what each kept.
        """
        model = self.strategy.folded(self.model)
        if self.start is None:
            return model
        start, shared = self.start.apart(), self.shares_space
        trained, started = (what_is_kept(one, self.pairs, self.held_out, shared=shared) for one in (model, start))
        self.verdict = judge(trained, started, len(self.held_out), self.choice.goal)
        return model if self.verdict.hands_over == "trained" else start

    @property
    def shares_space(self) -> bool:
        """Whether cosines across the views mean something, of a run that sets pairs aside."""
        return self._neighbors.shared

    @property
    def _neighbors(self) -> NeighborsObjective:
        """The objective of a run that sets pairs aside."""
        return cast("NeighborsObjective", self.objective)

    def _set_learning_rate(self, step: int) -> None:
        share = rate_share(self.recipe.training, step, self.n_epochs * self.steps_per_epoch)
        for group, rate in zip(self.adam.param_groups, self.learning_rates, strict=True):
            group["lr"] = share * rate

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides how training goes on; of several processes, it is whole in process 0."""
        return {
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "adam": self.adam.state_dict(),
            "generator": self.generator.get_state(),
            "skipped_in_a_row": self.finite.in_a_row,
            "part": None if self.part is None else self.part.state_dict(),
            **({} if self.objective is None else {"objective": self.objective.state_dict()}),
            **({} if (trust := self._trust()) is None else {"trust": trust}),
            **({"own_objective": self._own_objective} if self._own_objective else {}),
            **({} if self.fine_tuning is None else {"image_encoder": self.fine_tuning.state_dict()}),
            **self.strategy.state_dict(),
        }

    def _trust(self) -> Tensor | None:
        """Probability that a pair is right, of the pairs given, where they are not simply trusted."""
        audit = self.trusted.audit
        return None if audit is None else torch.from_numpy(audit.right)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another trainer of the same recipe, data and objective stood.

        Raises:
            RecipeError: the other had another objective of one's own, or had one and this has none, or the reverse.
        """
        theirs = state.get("own_objective", "")
        if theirs != self._own_objective:
            said = [
                f"objective={name}" if name else "no objective of one's own" for name in (theirs, self._own_objective)
            ]
            raise RecipeError(f"the state was trained with {said[0]}, got {said[1]}; give the one it was trained with")
        trust, saved = self._trust(), state.get("trust")
        if (trust is None) != (saved is None) or not (trust is None or torch.equal(trust, cast("Tensor", saved))):
            raise RecipeError("the state trusts its pairs otherwise than these are; pairs.trust must be as it was")
        self.epoch = state["epoch"]
        self.model.load_state_dict(state["model"])
        self.adam.load_state_dict(state["adam"])
        self.generator.set_state(state["generator"])
        if self.objective is not None:
            self.objective.load_state_dict(state["objective"])
        if self.fine_tuning is not None:
            self.fine_tuning.load_state_dict(state["image_encoder"])
        self.strategy.load_state_dict(state)
        self.finite.in_a_row = state["skipped_in_a_row"]
        if state["part"] is not None:
            self.part = EpochPart(**{**state["part"], "totals": state["part"]["totals"].to(self.device)})
            missing = len(_FIGURES) - len(self.part.totals)  # of a state from before a figure was there
            self.part.totals = torch.cat([self.part.totals, self.part.totals.new_zeros(missing)])
            self.strategy.resume_epoch(self.epoch)


def _with_towers(model: HashModel, towers: Sequence[HashTower]) -> HashModel:
    """A copy of a model with copies of other towers."""
    other = HashModel.of_views(model.scalers(), dict(zip(model.names, towers, strict=True)))
    other.recipe = model.recipe
    return copy.deepcopy(other)
