"""Progress of training, on a file and on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from ucch.cli.progress import TEACHER, TrainingProgress

from tests.training.kit import small_pairs, small_recipe
from ucch.training import Trainer


@pytest.mark.parametrize(("seconds", "epochs"), [(0, [1, 2, 3]), (60, [1, 3])])
def test_lines_where_there_is_no_terminal_keep_their_distance(
    seconds: float, epochs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ucch.cli.live_progress.LINE_SECONDS", seconds)
    console = Console(file=io.StringIO(), width=160)
    trainer = Trainer(small_recipe("epochs=3"), small_pairs())
    with TrainingProgress(console) as shown:
        shown.start(trainer)
        for _ in range(3):
            shown.epoch(trainer.train_epoch(shown.step))
    goal, teacher, *lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert goal.startswith("codes for categories (items of a kind come together): ")
    assert teacher == f"{TEACHER} (joint-semantics)"
    assert [line.split("  ")[0] for line in lines] == [f"epoch {epoch}/3" for epoch in epochs]
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


@pytest.mark.parametrize(("seconds", "said"), [(0, [1, 2, 3, 4]), (60, [1, 4])])
def test_a_teacher_is_explained_once_and_has_one_bar(
    seconds: float, said: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ucch.cli.live_progress.LINE_SECONDS", seconds)
    console = Console(file=io.StringIO(), width=160)
    trainer = Trainer(small_recipe("epochs=1"), small_pairs())
    with TrainingProgress(console) as shown:
        for epoch in range(4):
            shown.teacher(epoch + 1, 4)
        (stage,) = shown.bar.tasks
        assert (stage.description, stage.completed, stage.total) == ("teacher", 4, 4)
        shown.start(trainer)
        assert [task.description for task in shown.bar.tasks] == ["training"]
    first, *lines, goal = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert first == TEACHER
    assert lines == [f"teacher {epoch}/4" for epoch in said]
    assert goal.startswith("codes for categories")


def test_a_warning_is_one_line() -> None:
    console = Console(file=io.StringIO(), width=100)
    TrainingProgress(console).warning("no bit has flipped")
    assert console.file.getvalue() == "warning: no bit has flipped\n"  # type: ignore[attr-defined]
