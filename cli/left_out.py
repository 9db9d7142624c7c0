"""What was left out, said on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from ucch.data.left_out import LeftOut

__all__ = ["show_left_out"]


def show_left_out(console: Console, left_out: LeftOut) -> None:
    """Print a line of counts by reason, with the first three names; nothing where nothing was left out."""
    if left_out:
        console.print(f"left out: {left_out.sentence()}", highlight=False, soft_wrap=True)
