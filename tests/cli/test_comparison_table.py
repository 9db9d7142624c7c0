"""Comparisons as tables."""

from __future__ import annotations

import io

from rich.console import Console
from ucch.cli.comparison_table import comparison_table

from tests.comparison.test_summary import report
from ucch.comparison import summarize


def test_it_fits_80_columns_and_names_chance_and_settings() -> None:
    rows = [
        summarize("straight-through", 64, (), [report(0.4, 10.0), report(0.5, 12.0)]),
        summarize("bop", 128, ("bop.scale=2",), [report(0.25, 1.0)] * 2),
    ]
    console = Console(file=io.StringIO(), width=80)
    console.print(comparison_table(rows))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "straight-through" in text
    assert "0.450" in text
    assert "…" not in text
    assert "Mean of 2 seeds and both directions, MAP@ALL; chance 0.100." in text
    assert "bop 128: bop.scale=2" in text


def test_runs_that_learnt_from_labels_are_marked() -> None:
    supervised = {**report(0.5, 10.0), "supervised": True}
    rows = [summarize("straight-through", 64, (), [supervised]), summarize("bop", 64, (), [report(0.25, 1.0)])]
    console = Console(file=io.StringIO(), width=80)
    console.print(comparison_table(rows))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "straight-through *" in text
    assert "bop *" not in text
    assert "* supervised: trained on labels" in text
    assert "…" not in text
