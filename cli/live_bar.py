"""The bar of whatever takes a while: what is done, of how much, and the time left."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

__all__ = ["live_bar"]


def live_bar(console: Console, *figures: ProgressColumn) -> Progress:
    """A bar that lives on a terminal and shows nothing elsewhere.

    Args:
        console: where to write; the command line gives stderr.
        figures: columns before the time left.
    """
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *figures,
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
