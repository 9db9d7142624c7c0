"""Progress of encoding."""

from __future__ import annotations

import io

from rich.console import Console
from ucch.cli.encoding_progress import EncodingProgress


def test_a_line_per_tenth_where_there_is_no_terminal() -> None:
    written = io.StringIO()
    with EncodingProgress(Console(file=written)) as shown:
        for done in range(1, 101):
            shown("images", done, 100)
        shown("captions", 3, 3)
    lines = written.getvalue().splitlines()
    assert lines == [*(f"images {tenth}0/100" for tenth in range(1, 11)), "captions 3/3"]


def test_a_bar_on_a_terminal() -> None:
    written = io.StringIO()
    with EncodingProgress(Console(file=written, force_terminal=True, width=80)) as shown:
        shown("images", 5, 10)
        shown("images", 10, 10)
    assert "images" in written.getvalue()
    assert "10/10" in written.getvalue()
