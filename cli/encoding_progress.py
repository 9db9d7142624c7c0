"""Progress of encoding on stderr."""

from __future__ import annotations

from rich.console import Console
from rich.progress import TaskID

from .live_progress import LiveProgress

__all__ = ["EncodingProgress"]


class EncodingProgress(LiveProgress):
    """Show what is being encoded: a live bar on a terminal, a line per tenth elsewhere.

    Args:
        console: where to write; the command line gives stderr.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._tasks: dict[str, TaskID] = {}
        self._tenths: dict[str, int] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are encoded."""
        if self.console.is_terminal:
            if what not in self._tasks:
                self._tasks[what] = self.bar.add_task(what, total=total)
            self.bar.update(self._tasks[what], completed=done, total=total)
            return
        tenth = 10 * done // max(1, total)
        if tenth > self._tenths.get(what, 0):
            self._tenths[what] = tenth
            self.console.print(f"{what} {done}/{total}", highlight=False)
