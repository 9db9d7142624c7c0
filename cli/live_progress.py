"""What progress on stderr shares: a live bar on a terminal, and a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import ProgressColumn

from .live_bar import live_bar

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["LINE_SECONDS", "LiveProgress"]

LINE_SECONDS = 2.0  # between lines where there is no terminal: epochs of one step would fill a log


class LiveProgress:
    """A bar that is there within a ``with`` block.

    Args:
        console: where to write; the command line gives stderr.
        figures: columns before the time left.
    """

    def __init__(self, console: Console, *figures: ProgressColumn) -> None:
        self.console = console
        self.bar = live_bar(console, *figures)
        self._said_at = float("-inf")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def due(self) -> bool:
        """Whether it is time for another line; if so, time begins anew."""
        if time.monotonic() - self._said_at < LINE_SECONDS:
            return False
        self._said_at = time.monotonic()
        return True
