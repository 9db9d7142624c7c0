"""What progress on stderr shares."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from ucch.cli.live_progress import LiveProgress


def test_the_bar_is_there_within_the_block_alone() -> None:
    with LiveProgress(Console(file=io.StringIO(), force_terminal=True)) as shown:
        assert shown.bar.live.is_started
    assert not shown.bar.live.is_started


def test_a_line_is_due_at_once_and_then_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    shown = LiveProgress(Console(file=io.StringIO()))
    assert [shown.due(), shown.due()] == [True, False]
    now[0] += 2.0
    assert [shown.due(), shown.due()] == [True, False]
