"""The teacher stage of a run folder: resumed equals not stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.teacher.test_fitting import MIE, unrelated
from ucch.data import Pairs
from ucch.errors import RunError
from ucch.runs import RunFolder
from ucch.teachers import Teacher
from ucch.training import train_run
from ucch.training.teacher.run import run_teacher_stage


class StoppedError(Exception):
    """Stands for whatever ends a run early."""


def stop(epoch: int, n_epochs: int) -> None:
    if epoch == n_epochs - 1:
        raise StoppedError


def test_stopped_in_the_teacher_stage_goes_on_bit_for_bit(tmp_path: Path) -> None:
    recipe, pairs = small_recipe(*MIE), small_pairs()
    through, stopped = (RunFolder.create(tmp_path / name, recipe) for name in ("through", "stopped"))
    train_run(through, pairs)
    with pytest.raises(StoppedError):
        train_run(stopped, pairs, on_teacher=stop)
    assert stopped.teacher_checkpoint_file.exists()
    assert not stopped.teacher_file.exists()
    train_run(stopped, pairs, resume=True)
    assert stopped.teacher_file.read_bytes() == through.teacher_file.read_bytes()
    assert stopped.model_file.read_bytes() == through.model_file.read_bytes()
    assert not stopped.teacher_checkpoint_file.exists()


def test_stopped_after_the_teacher_stage_takes_the_teacher_that_is_there(tmp_path: Path) -> None:
    recipe, pairs = small_recipe("similarity=joint-semantics"), small_pairs()
    run = RunFolder.create(tmp_path / "run", recipe)
    train_run(run, pairs)
    mark = Teacher("made", torch.eye(100), {"lift": 7.0})
    mark.save(run.teacher_file)
    teacher = run_teacher_stage(run, pairs, pairs.digest(), resume=True)
    assert teacher is not None
    assert teacher.notes == {"lift": 7.0}


def test_without_a_teacher_there_is_no_file(tmp_path: Path) -> None:
    for name, settings, pairs in (("off", ("similarity=none",), small_pairs()), ("auto", (), unrelated())):
        run = RunFolder.create(tmp_path / name, small_recipe(*settings))
        train_run(run, pairs)
        assert not run.teacher_file.exists()


def test_a_checkpoint_of_other_pairs_is_refused(tmp_path: Path) -> None:
    pairs = small_pairs()
    run = RunFolder.create(tmp_path / "run", small_recipe(*MIE))
    with pytest.raises(StoppedError):
        train_run(run, pairs, on_teacher=stop)
    other = Pairs(np.asarray(pairs.image) + 1, pairs.text)
    with pytest.raises(RunError, match="resume with the data it was started on"):
        train_run(run, other, resume=True)
