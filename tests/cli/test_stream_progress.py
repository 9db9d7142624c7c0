"""Progress of training on a stream, on a file and on a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console
from ucch.cli.stream_progress import StreamProgress

from tests.training.test_stream import recipe, shards
from ucch.training import StreamTraining, train_stream


def watch(console: Console, count: int | None) -> StreamProgress:
    with StreamProgress(console, count) as shown:

        def note(training: StreamTraining, line: dict[str, Any]) -> None:
            shown.shard(training, {**line, "partners": 0.25} if line["shard"] > 1 else line)

        train_stream(shards(3), recipe(), n_shards=count, on_start=shown.start, on_step=shown.step, on_shard=note)
    return shown


@pytest.mark.parametrize(("seconds", "said"), [(0, [1, 2, 3]), (60, [1, 3])])
def test_lines_where_there_is_no_terminal_keep_their_distance(
    seconds: float, said: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ucch.cli.live_progress.LINE_SECONDS", seconds)
    console = Console(file=io.StringIO(), width=160)
    watch(console, 3)
    goal, *lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert goal.startswith("codes for categories")
    assert [line.split("  ")[:2] for line in lines] == [[f"shard {n}/3", f"{96 * n} pairs"] for n in said]
    assert "partners" not in lines[0]
    assert "  partners 0.25  " in lines[-1]
    assert lines[-1].endswith("pairs/s")


def test_a_bar_on_a_terminal_moves_within_a_shard_and_knows_no_end_where_nobody_does() -> None:
    console = Console(file=io.StringIO(), width=160, force_terminal=True)
    (task,) = watch(console, None).bar.tasks
    assert (task.completed, task.total) == (3, None)
    assert "shard 3  288 pairs" in console.file.getvalue()  # type: ignore[attr-defined]
    shown = StreamProgress(Console(file=io.StringIO(), force_terminal=True), 3)
    seen = []

    def look(training: StreamTraining) -> None:
        shown.step(training)
        seen.append(shown.bar.tasks[0].completed)

    train_stream(shards(1), recipe(), on_start=shown.start, on_step=look)
    assert seen == pytest.approx([0.32, 0.64, 0.96])


def test_a_warning_is_one_line() -> None:
    console = Console(file=io.StringIO(), width=100)
    StreamProgress(console, None).warning("a checkpoint is damaged")
    assert console.file.getvalue() == "warning: a checkpoint is damaged\n"  # type: ignore[attr-defined]
