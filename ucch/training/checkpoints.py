"""When the state of a run goes to the disk, and how it comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from ..collectives import World
from ..errors import RunError
from ..plain_json import one_line
from ..runs.checkpoint import load_newest, save_state
from ..runs.run_folder import RunFolder
from .loop import TrainingLoop
from .teacher.run import check_pairs

__all__ = ["CHECKPOINT_SECONDS", "Checkpoints", "SaveClock"]

CHECKPOINT_SECONDS = 30.0  # between checkpoints, so that short steps do not spend their time on the disk; 0: every step


class SaveClock:
    """Say when it is time to save: so long after the latest save that saving takes little of the time."""

    def __init__(self) -> None:
        self._saved_at, self._seconds = time.monotonic(), 0.0

    @property
    def due(self) -> bool:
        """Whether ``CHECKPOINT_SECONDS`` have passed, and ten times as long as the latest save took."""
        wait = CHECKPOINT_SECONDS and max(CHECKPOINT_SECONDS, 10 * self._seconds)
        return time.monotonic() - self._saved_at >= wait

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Time a save."""
        start = time.monotonic()
        yield
        self._saved_at = time.monotonic()
        self._seconds = self._saved_at - start


class Checkpoints:
    """The last two states of a loop in its run folder.

    Args:
        run: the folder; process 0 writes.
        loop: whose state it is.
        pairs: digest of the pairs, which a state is bound to.
        world: the processes that train together; all call :meth:`agree` and :meth:`save`.

    Attributes:
        step: steps done at the latest save; -1 before the first.
    """

    def __init__(self, run: RunFolder, loop: TrainingLoop, pairs: str, world: World) -> None:
        self.run, self.loop, self.pairs, self.world = run, loop, pairs, world
        self.step, self.clock = -1, SaveClock()

    def load(self, on_warning: Callable[[str], None] | None) -> None:
        """Set the loop to the newest whole state; nothing happens where there is none.

        Raises:
            RunError: both states are damaged, belong to other pairs, or are of another recipe.
        """
        run = self.run
        state = load_newest(run.checkpoint_file, run.previous_checkpoint_file, on_warning)
        if state is None:
            return
        check_pairs(run, state, self.pairs)
        try:
            self.loop.resume(state["trainer"], state["best"], state["history"])
        except Exception as error:  # a whole file with a state of another make
            raise RunError(
                f"{run.checkpoint_file} does not fit the recipe of {run.path}: {one_line(error)};"
                f" delete {run.checkpoint_file.parent} to train from the start"
            ) from error

    def agree(self, stopping: bool) -> tuple[bool, bool]:
        """Whether any process wishes to stop, and whether process 0 finds that it is time to save."""
        due = self._due()
        if self.world.size == 1:
            return stopping, due
        wishes = self.world.sum(torch.tensor([stopping, due and self.world.rank == 0], dtype=torch.int32))
        return bool(wishes[0]), bool(wishes[1])

    def _due(self) -> bool:
        """Whether it is time to save: not while steps are skipped, since the last finite state is the one to keep."""
        return self.clock.due and not self.loop.trainer.finite.in_a_row

    def save(self) -> None:
        """Write the state; the newest before it is kept beside it."""
        run, trainer = self.run, self.loop.trainer
        state = {
            "pairs": self.pairs,
            "trainer": trainer.state_dict(),
            "best": self.loop.best,
            "history": self.loop.history,
        }
        with self.clock.saving():
            if self.world.rank == 0:
                run.checkpoint_file.parent.mkdir(exist_ok=True)
            save_state(run.checkpoint_file, state, keep_as=run.previous_checkpoint_file, world=self.world)
        self.step = trainer.steps_done
