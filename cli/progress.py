"""Progress of a training run on stderr."""

from __future__ import annotations

from rich.console import Console
from rich.progress import TaskID, TextColumn

from ucch.training import EpochStats, Trainer

from .live_progress import LiveProgress

__all__ = ["TrainingProgress"]

TEACHER = "a teacher guides the codes: how alike any two training pairs are, found without labels"


class TrainingProgress(LiveProgress):
    """Show epoch, loss, flipped codes and time left: a live bar on a terminal, a line every other second elsewhere.

    Args:
        console: where to write; the command line gives stderr.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(console, TextColumn("{task.fields[figures]}"))
        self.n_epochs = 0
        self.trainer: Trainer | None = None
        self.stage: TaskID | None = None

    def start(self, trainer: Trainer) -> None:
        """Size the bar; a resumed run starts where it stopped."""
        self.n_epochs = trainer.n_epochs
        self.trainer = trainer
        self.console.print(str(trainer.choice), highlight=False)
        if self.stage is not None:
            self.bar.remove_task(self.stage)
        elif trainer.teacher is not None:
            self.console.print(f"{TEACHER} ({trainer.teacher.kind})", highlight=False, soft_wrap=True)
        self.task = self.bar.add_task(
            "training",
            total=trainer.n_epochs * trainer.steps_per_epoch,
            completed=trainer.steps_done,
            figures="",
        )

    def teacher(self, epoch: int, n_epochs: int) -> None:
        """Show how far the teacher stage is: one bar, or, without a terminal, a line every other second.

        Where pairs are described after the epochs, the bar counts those.
        """
        if self.stage is None:
            self.console.print(TEACHER, highlight=False, soft_wrap=True)
            self.stage = self.bar.add_task("teacher", total=n_epochs, completed=epoch - 1, figures="")
        self.bar.update(self.stage, completed=epoch, total=n_epochs)
        if not self.console.is_terminal and (epoch == n_epochs or self.due()):
            self.console.print(f"teacher {epoch}/{n_epochs}", highlight=False)

    def step(self, loss: float) -> None:
        """Count one step."""
        self.bar.advance(self.task)

    def epoch(self, stats: EpochStats) -> None:
        """Show what an epoch did."""
        figures = (
            f"epoch {stats.epoch}/{self.n_epochs}  loss {stats.loss:.3f}  flips/code {stats.flips_per_row:.2f}"
            f"  agree {stats.agreement:.2f}  gap {stats.key_gap:.2f}"
        )
        if self.console.is_terminal:
            self.bar.update(self.task, figures=figures)
        elif stats.epoch == self.n_epochs or self.due():
            left = (self.n_epochs - stats.epoch) * stats.seconds
            self.console.print(f"{figures}  {left:.0f} s left", highlight=False)

    def finish(self) -> None:
        """Say what the codes keep, where that was what they were for."""
        if self.trainer is not None and self.trainer.verdict is not None:
            self.console.print(str(self.trainer.verdict), highlight=False)

    def warning(self, text: str) -> None:
        """Show that codes do not learn as they should."""
        self.console.print(f"warning: {text}", style="yellow", highlight=False)
