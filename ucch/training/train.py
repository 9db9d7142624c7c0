"""One training run from recipe to model, resumable from its latest checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch

from ..collectives import World
from ..data import Items
from ..errors import NonFiniteError, RunError, RunStoppedError
from ..files import write_atomically
from ..models import HashModel
from ..runs.run_folder import RunFolder
from . import growing
from .checkpoints import Checkpoints
from .disk_room import check_room, run_bytes
from .fine_tuning import FineTuning
from .finished_run import leave_fitted, leave_trained
from .loop import TrainingLoop
from .objectives import Objective
from .teacher.run import run_teacher_stage
from .trainer import EpochStats, Trainer

__all__ = ["train_run"]


def train_run(
    run: RunFolder,
    pairs: Items,
    *,
    device: torch.device | str = "cpu",
    world: World | None = None,
    resume: bool = False,
    fine_tuning: FineTuning | None = None,
    objective: type[Objective] | None = None,
    on_start: Callable[[Trainer], None] | None = None,
    on_step: Callable[[float], None] | None = None,
    on_epoch: Callable[[EpochStats], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
    on_teacher: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> HashModel:
    """Train by the recipe of a run folder and leave model, history and checkpoints there.

    Several processes train one model (:class:`~ucch.training.Trainer`), process 0 alone writes, and a run may go on
    with another number of processes.

    A recipe that names a baseline is fitted in one go: no checkpoint, and nothing is called on the way.

    A run that goes on from an earlier one has what that handed on in its folder, ``earlier/``
    (:meth:`~ucch.training.growing.Earlier.save`); its pairs are the earlier ones that are replayed by features, then
    the new ones. What changed is left as ``growing.json``.

    Args:
        run: a folder from :meth:`RunFolder.create`, or, to resume, :meth:`RunFolder.open`.
        pairs: training items, :class:`~ucch.data.Pairs` or of other views; labels are read where the recipe's objective
            needs them, and nowhere else.
        device: where to train.
        world: the processes that train together, all of which call; this process alone by default.
        resume: go on from the newest whole checkpoint; the result equals the run that was never stopped, bit for bit
            on one machine's CPU. Without a checkpoint it starts over. The last two are kept. One is written after the
            first epoch, after a step once ``CHECKPOINT_SECONDS`` have passed and at least ten times as long as the
            last one took to write, when ``stop`` says so, when ``on_epoch`` raises, and at the end; steps done after
            the checkpoint are done again, and their epochs leave the history.
        fine_tuning: the image encoder and the photographs, where the recipe trains it too.
        objective: a class of one's own, as of :class:`~ucch.training.Trainer`; ``goal.json`` names it, and the same is
            given to resume.
        on_start, on_step, on_epoch: called with the trainer, with the loss of every step, and after every epoch.
        on_warning: called with a sentence when the codes no longer move or all of them do
            (:class:`~ucch.runs.watch.FlipWatch`), when they collapse or bits die
            (:class:`~ucch.training.table_balance.BalanceWatch`), or when a damaged checkpoint is passed over.
        on_teacher: called with the epochs done and those in all after every epoch of the teacher stage, then, where
            the teacher is fitted to a part of the pairs, with the pairs described and those in all.
        stop: asked after every step whether to save and end; one process's wish is enough.

    Returns:
        The model of the last epoch, or with ``training.keep = "best"`` that of the epoch whose held-out pairs found
        their partners best (:func:`~ucch.training.validation.pair_score`), a score without labels.

    Raises:
        RunError: both checkpoints are damaged, or belong to other data; another process trains in this folder; the disk
            has not the room that the run needs (:func:`~ucch.training.disk_room.run_bytes`); a file cannot be written,
            in which case the older ones stand; processes were given different pairs.
        RunStoppedError: ``stop`` said so; the state is saved.
        NonFiniteError: ``training.nonfinite_steps`` steps in a row had a loss or gradient that is no finite number;
            ``nonfinite.json`` in the folder has the rows of the last, and the checkpoint is from before them.
    """
    world = world or World()
    with run.locked() if world.rank == 0 else nullcontext():
        if run.recipe().baseline != "none" and objective is None:
            model = leave_fitted(run, pairs) if world.rank == 0 else None
        else:
            model = _Run(run, pairs, device, world, resume, fine_tuning, objective, on_warning, on_teacher).train(
                on_start, on_step, on_epoch, stop
            )
        world.wait()
    return run.model() if model is None else model


class _Run:
    """One run between its files and its trainer."""

    def __init__(
        self,
        run: RunFolder,
        pairs: Items,
        device: torch.device | str,
        world: World,
        resume: bool,
        fine_tuning: FineTuning | None,
        objective: type[Objective] | None,
        on_warning: Callable[[str], None] | None,
        on_teacher: Callable[[int, int], None] | None,
    ) -> None:
        self.run, self.pairs, self.identity, self.on_warning = run, pairs, pairs.digest(), on_warning
        self.world = world
        _check_same(world, self.identity)

        self.earlier = growing.Earlier.load(run.earlier) if run.recipe().growing.earlier else None
        options: dict[str, Any] = {
            **{"device": device, "world": world, "fine_tuning": fine_tuning, "objective": objective},
            "earlier": self.earlier,
        }
        self.loop = TrainingLoop(run.recipe(), pairs, teacher=None, **options)
        self.trainer = trainer = self.loop.trainer
        if trainer.takes_teacher:
            self._look_for_room(self.loop)  # before minutes of a teacher are spent
            teacher = run_teacher_stage(
                run, trainer.pairs, self.identity, device=device, world=world, resume=resume, on_epoch=on_teacher
            )
            if teacher is not None:
                trainer.guided_by(teacher)
        self.checkpoints = Checkpoints(run, self.loop, self.identity, world)
        if resume:
            self.checkpoints.load(on_warning)

    def train(
        self,
        on_start: Callable[[Trainer], None] | None,
        on_step: Callable[[float], None] | None,
        on_epoch: Callable[[EpochStats], None] | None,
        stop: Callable[[], bool] | None,
    ) -> HashModel | None:
        """The finished model, in process 0."""
        trainer, run, checkpoints = self.trainer, self.run, self.checkpoints
        if self.world.rank == 0:
            run.write_history(self.loop.history)
        self._look_for_room(self.loop)
        if on_start is not None:
            on_start(trainer)

        def after_step(loss: float) -> None:
            if on_step is not None:
                on_step(loss)
            stopping, due = checkpoints.agree(stop is not None and stop())
            if stopping:
                checkpoints.save()
                raise RunStoppedError(
                    f"stopped after step {trainer.steps_done} of {trainer.n_epochs * trainer.steps_per_epoch} and"
                    " saved;"
                    f" go on with: ucch train --out {run.path} --resume"
                )
            if due:
                checkpoints.save()

        while trainer.epoch < trainer.n_epochs:
            try:
                stats = trainer.train_epoch(after_step)
            except NonFiniteError as error:
                raise self._named(error) from error
            said = self._note(stats)
            _, due = checkpoints.agree(stopping=False)
            if trainer.epoch == trainer.n_epochs or checkpoints.step < 0 or due:
                checkpoints.save()
            try:
                if on_epoch is not None:
                    on_epoch(stats)
                for text in said:
                    self._warn(text)
            except BaseException:
                if checkpoints.step != trainer.steps_done and not trainer.strategy.sharded:
                    checkpoints.save()
                raise
        if self.world.rank:
            return None
        return leave_trained(run, self.loop, self.pairs, self.earlier, self._warn)

    def _look_for_room(self, loop: TrainingLoop) -> None:
        """Refuse to begin what the disk has not the room for."""
        needed = run_bytes(loop.trainer, keeps_best=loop.held_out is not None)

        def check() -> list[int]:
            if self.world.rank == 0:
                check_room(self.run, needed)
            return []

        self.world.agree(check)

    def _note(self, stats: EpochStats) -> list[str]:
        """Write an epoch into the history; return the warnings due."""
        line, said = self.loop.note(stats)
        if self.world.rank == 0:
            self.run.append_history(line)
        return said

    def _named(self, error: NonFiniteError) -> NonFiniteError:
        """Say where the rows stand, and what to go on from."""
        rows = sorted(int(self.loop.rows[row]) for row in error.rows)
        file = self.run.path / "nonfinite.json"
        if self.world.rank == 0:
            write_atomically(file, json.dumps({"step": self.trainer.steps_done + 1, "rows": rows}) + "\n")
        shown = ", ".join(map(str, rows[:8])) + (", ..." if len(rows) > 8 else "")
        kept = self.run.checkpoint_file
        way_out = f"the last good state is {kept}" if kept.exists() else "no checkpoint was written before them"
        return NonFiniteError(
            f"{error}; rows of the last batch, from 0: {shown} (all in {file}); {way_out}. Look at those rows, or start"
            " anew with a lower learning rate, --set learning_rate=1e-4",
            rows,
        )

    def _warn(self, text: str) -> None:
        if self.on_warning is not None:
            self.on_warning(text)


def _check_same(world: World, identity: str) -> None:
    """Refuse processes that were given different pairs."""
    others = int(world.sum(torch.tensor(int(world.tell(identity) != identity))))
    if others:
        raise RunError(
            f"all processes must train on the same pairs, but {others} of {world.size} have others than process 0;"
            f" process {world.rank} has {identity}"
        )
