"""The bar of whatever takes a while."""

from __future__ import annotations

import io

from rich.console import Console
from rich.progress import TextColumn
from ucch.cli.live_bar import live_bar


def test_it_counts_on_a_terminal_with_figures_before_the_time_left() -> None:
    written = io.StringIO()
    with live_bar(Console(file=written, force_terminal=True, width=80), TextColumn("{task.fields[loss]}")) as bar:
        bar.update(bar.add_task("training", total=10, loss="0.25"), completed=4)
    before, done, after = written.getvalue().rpartition("4/10")
    assert "training" in before
    assert done
    assert after.index("0.25") < after.index("-:--:--")


def test_it_shows_nothing_elsewhere() -> None:
    written = io.StringIO()
    with live_bar(Console(file=written)) as bar:
        bar.update(bar.add_task("training", total=10), completed=10)
    assert written.getvalue() == ""
