"""A run that trains on a stream: its folder, checkpoints, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch

from ..data import Items
from ..data.shards import Shard, Shards
from ..errors import DataError, NonFiniteError, RunError, RunStoppedError
from ..files import write_atomically
from ..models import HashModel
from ..runs.checkpoint import load_newest, save_state
from ..runs.run_folder import RunFolder
from .checkpoints import SaveClock
from .stream import StreamTraining, train_stream
from .stream_summary import summary_of_stream, what_is_kept_unseen

__all__ = ["train_stream_run"]


def train_stream_run(
    run: RunFolder,
    shards: Shards,
    *,
    device: torch.device | str = "cpu",
    resume: bool = False,
    on_start: Callable[[StreamTraining], None] | None = None,
    on_step: Callable[[StreamTraining], None] | None = None,
    on_shard: Callable[[StreamTraining, dict[str, Any]], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> HashModel:
    """Train by the recipe of a run folder on a stream, each shard once, and leave model, history and summary there.

    The towers are those of :func:`~ucch.training.train_stream`, bit for bit. Before a shard but the first is trained
    on, up to 1,000 of its pairs, evenly spread, ask the model for one another: nothing has seen them, so that the
    history says without labels, and without pairs set aside, what codes keep.

    Args:
        run: a folder from :meth:`RunFolder.create`, or, to resume, :meth:`RunFolder.open`.
        shards: of the stream.
        device: where to train.
        resume: go on from the newest whole checkpoint, with the same shards; those that were trained on are passed over
            and not read, but for the first. The result equals that of a run that was not stopped. A checkpoint is
            written after a step once 30 seconds have passed, when ``stop`` says so, where a shard cannot be trained on,
            and at the end.
        on_start, on_step: as of :func:`~ucch.training.train_stream`.
        on_shard: called with the training and the shard's line of the history.
        on_warning: called with a sentence when a damaged checkpoint is passed over.
        stop: asked after every step whether to save and end.

    Returns:
        The model, after the last shard.

    Raises:
        DataError: a shard cannot be read or does not fit the first; it is named, and what was trained before is saved.
        NonFiniteError: ``training.nonfinite_steps`` steps in a row had no finite number; as for a bad shard.
        RunError: other shards than before, both checkpoints are damaged, another process trains in this folder, or a
            file cannot be written.
        RunStoppedError: ``stop`` said so; state and model are saved.
    """
    with run.locked():
        return _StreamRun(run, shards, on_start, on_step, on_shard, stop).train(device, resume, on_warning)


class _StreamRun:
    """One run between its files, its stream and its training."""

    def __init__(
        self,
        run: RunFolder,
        shards: Shards,
        on_start: Callable[[StreamTraining], None] | None,
        on_step: Callable[[StreamTraining], None] | None,
        on_shard: Callable[[StreamTraining, dict[str, Any]], None] | None,
        stop: Callable[[], bool] | None,
    ) -> None:
        self.run, self.shards, self.stop = run, shards, stop
        self.on_start, self.on_step, self.on_shard = on_start, on_step, on_shard
        self.training: StreamTraining | None = None
        self.history: list[dict[str, Any]] = []
        self.shard, self.number, self.kept = shards.first.name, 0, dict[str, Any]()
        self.clock = SaveClock()

    def train(self, device: torch.device | str, resume: bool, on_warning: Callable[[str], None] | None) -> HashModel:
        files = self.run.checkpoint_file, self.run.previous_checkpoint_file
        state = load_newest(*files, on_warning) if resume else None
        if state is not None:
            self.history = state["history"]
        try:
            training = train_stream(
                self._asked(),
                self.run.recipe(),
                n_shards=self.shards.count,
                device=device,
                state=None if state is None else state["stream"],
                on_start=self._begin,
                on_step=self._after_step,
                on_shard=self._note,
            )
        except (DataError, NonFiniteError) as error:
            raise self._named(error) from error
        self._check_shards_done(training)
        self._save()
        return self._leave()

    def _asked(self) -> Iterator[Callable[[], Items]]:
        """Shards as training asks for them; who interrupts the wait for one finds everything saved."""
        try:
            for number, shard in enumerate(self.shards):
                self.number, self.shard = number, shard.name
                self._check_same(shard)
                yield partial(self._read, shard)
        except KeyboardInterrupt:
            if self.training is not None:
                self._save()
                self._leave()
            raise

    def _read(self, shard: Shard) -> Items:
        pairs, training = shard(), self.training
        new = training is not None and training.part is None
        self.kept = what_is_kept_unseen(training, pairs) if training is not None and new else {}
        return pairs

    def _begin(self, training: StreamTraining) -> None:
        self.training = training
        self.run.write_history(self.history)
        if self.on_start is not None:
            self.on_start(training)

    def _after_step(self, training: StreamTraining) -> None:
        if self.on_step is not None:
            self.on_step(training)
        if self.stop is not None and self.stop():
            self._save()
            self._leave()
            of = "" if self.shards.count is None else f" of {self.shards.count}"
            raise RunStoppedError(
                f"stopped in shard {self.number + 1}{of} after {training.rows:,} pairs and saved; the model as it"
                f" stands is in {self.run.path}; go on with: ucch train --out {self.run.path} --resume"
            )
        if self.clock.due and not training.finite.in_a_row:
            self._save()

    def _note(self, training: StreamTraining, figures: dict[str, Any]) -> None:
        line = {**figures, "file": self.shard, **self.kept}
        self.history.append(line)
        self.run.append_history(line)
        if self.on_shard is not None:
            self.on_shard(training, line)

    def _save(self) -> None:
        """Write the state; the newest before it is kept beside it."""
        assert self.training is not None
        state = {"stream": self.training.state_dict(), "history": self.history}
        with self.clock.saving():
            self.run.checkpoint_file.parent.mkdir(exist_ok=True)
            save_state(self.run.checkpoint_file, state, keep_as=self.run.previous_checkpoint_file)

    def _leave(self) -> HashModel:
        """Write the model as it stands, what it is for, and the summary."""
        training = self.training
        assert training is not None
        model, choice = training.finished_model().cpu(), training.choice
        model.save(self.run.model_file)
        outcome = {"goal": choice.goal, "reason": choice.reason, "start": choice.recipe.model.start, "kept": None}
        write_atomically(self.run.goal_file, json.dumps(outcome, indent=2) + "\n")
        write_atomically(self.run.stream_file, json.dumps(summary_of_stream(training, self.history), indent=2) + "\n")
        return model

    def _check_same(self, shard: Shard) -> None:
        """Refuse another shard in the place of one that was trained on."""
        done = self.history[self.number]["file"] if self.number < len(self.history) else shard.name
        if done != shard.name:
            raise RunError(
                f"shard {self.number + 1} was {done} when {self.run.path} was trained on it, got {shard.name};"
                " --resume goes on with the same shards, new ones behind them"
            )

    def _check_shards_done(self, training: StreamTraining) -> None:
        """Refuse a stream that ended before the shard at which training stopped."""
        if self.number + 1 < training.shard or training.part is not None:
            raise RunError(
                f"{self.run.path} has trained on {training.shard} shards and part of the next, got {self.number + 1};"
                " --resume goes on with the same shards, new ones behind them"
            )

    def _named(self, error: DataError | NonFiniteError) -> DataError | NonFiniteError:
        """Name the shard; save what was trained before it."""
        said = str(error) if self.shard in str(error) else f"{self.shard}: {error}"
        if self.training is not None and self.training.rows:
            self._save()
            self._leave()
            said += (
                f"; what {self.training.rows:,} pairs before taught is saved in {self.run.path}, with a model: put the"
                f" shard right and go on with ucch train --out {self.run.path} --resume"
            )
        return NonFiniteError(said, error.rows) if isinstance(error, NonFiniteError) else DataError(said)
