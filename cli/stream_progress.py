"""Progress of training on a stream on stderr."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import TextColumn

from ucch.training import StreamTraining

from .live_progress import LiveProgress

__all__ = ["StreamProgress"]


class StreamProgress(LiveProgress):
    """Show shards, pairs, loss and rate: a live bar on a terminal, a line every other second elsewhere.

    Args:
        console: where to write; the command line gives stderr.
        count: of the shards, where it is known.
    """

    def __init__(self, console: Console, count: int | None) -> None:
        super().__init__(console, TextColumn("{task.fields[figures]}"))
        self.count = count

    def start(self, training: StreamTraining) -> None:
        """Say what the codes are for and size the bar; a resumed run starts where it stopped."""
        self.console.print(str(training.choice), highlight=False, soft_wrap=True)
        self._rows = training.rows
        self.task = self.bar.add_task("shards", total=self.count, completed=training.shard, figures="")

    def step(self, training: StreamTraining) -> None:
        """Move the bar within a shard."""
        if (part := training.part) is not None:
            share = part.step * training.recipe.training.batch_size / len(part.order)
            self.bar.update(self.task, completed=training.shard + share)

    def shard(self, training: StreamTraining, line: dict[str, Any]) -> None:
        """Show what a shard did."""
        of = "" if self.count is None else f"/{self.count}"
        partners = "" if line.get("partners") is None else f"  partners {line['partners']:.2f}"
        rate = (line["rows"] - self._rows) / max(1e-9, line["seconds"])
        self._rows = line["rows"]
        figures = (
            f"shard {line['shard']}{of}  {line['rows']:,} pairs  loss {line['loss']:.3f}  agree {line['agreement']:.2f}"
            f"{partners}  {rate:,.0f} pairs/s"
        )
        if self.console.is_terminal:
            self.bar.update(self.task, completed=training.shard, figures=figures)
        elif line["shard"] == self.count or self.due():
            self.console.print(figures, highlight=False)

    def warning(self, text: str) -> None:
        """Show what went wrong and was mended."""
        self.console.print(f"warning: {text}", style="yellow", highlight=False)
