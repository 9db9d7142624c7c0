"""Progress on a file: a line per epoch."""

from __future__ import annotations

import io

from rich.console import Console
from ucch.cli.progress import TrainingProgress

from tests.training.kit import small_pairs, small_recipe
from ucch.training import Trainer


def test_a_line_per_epoch_where_there_is_no_terminal() -> None:
    console = Console(file=io.StringIO(), width=100)
    trainer = Trainer(small_recipe("epochs=2"), small_pairs())
    with TrainingProgress(console) as shown:
        shown.start(trainer)
        for _ in range(2):
            shown.epoch(trainer.train_epoch(shown.step))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert all("flips/code" in line and line.endswith("s left") for line in lines)


def test_a_bar_on_a_terminal() -> None:
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    trainer = Trainer(small_recipe("epochs=1"), small_pairs())
    with TrainingProgress(console) as shown:
        shown.start(trainer)
        shown.epoch(trainer.train_epoch(shown.step))
    out = console.file.getvalue()  # type: ignore[attr-defined]
    assert "3/3" in out
    assert "epoch 1/1" in out


def test_a_warning_is_one_line() -> None:
    console = Console(file=io.StringIO(), width=100)
    TrainingProgress(console).warning("no bit has flipped")
    assert console.file.getvalue() == "warning: no bit has flipped\n"  # type: ignore[attr-defined]
