"""When a state is saved: by the clock, by what saving costs, and never while steps are skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.kit import small_pairs, small_recipe
from ucch.collectives import World
from ucch.errors import RunError
from ucch.runs import RunFolder
from ucch.training import checkpoints as module
from ucch.training.checkpoints import Checkpoints
from ucch.training.loop import TrainingLoop


@pytest.fixture
def made(tmp_path: Path) -> Checkpoints:
    recipe, pairs = small_recipe(), small_pairs()
    return Checkpoints(RunFolder.create(tmp_path / "run", recipe), TrainingLoop(recipe, pairs), "these", World())


def test_one_is_due_by_the_clock_and_by_what_saving_takes(made: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 29))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    made.clock._saved_at = next(clock)
    assert made.agree(stopping=False) == (False, False)  # 29 seconds later
    assert made.agree(stopping=True) == (True, True)  # 58
    made.save()  # takes 29 seconds, so the next waits for 290
    assert made.step == 0
    assert [made.agree(stopping=False)[1] for _ in range(11)] == [False] * 9 + [True] * 2


def test_none_is_due_while_steps_are_skipped(made: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0.0)
    assert made.agree(stopping=False)[1]
    made.loop.trainer.finite.in_a_row = 1
    assert not made.agree(stopping=False)[1]


def test_a_loop_comes_back_to_where_it_was_saved(made: Checkpoints) -> None:
    made.load(None)  # nothing is there
    assert made.loop.trainer.epoch == 0
    made.loop.note(made.loop.trainer.train_epoch())
    made.save()
    other = Checkpoints(made.run, TrainingLoop(small_recipe(), small_pairs()), "these", World())
    other.load(None)
    assert other.loop.trainer.epoch == 1
    assert other.loop.history == made.loop.history
    with pytest.raises(RunError, match="other"):
        Checkpoints(made.run, other.loop, "others", World()).load(None)
