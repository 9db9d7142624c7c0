"""The room that a run needs, beside what it wrote."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.errors import RunError
from ucch.runs import RunFolder
from ucch.runs.checkpoint import save_state
from ucch.training import STRATEGIES, Trainer, train_run
from ucch.training.disk_room import run_bytes, state_bytes


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_the_formula_by_hand() -> None:
    """N = 3,000 pairs of D = 12 bits: the table and the order of an epoch; P parameters three times."""
    trainer = Trainer(small_recipe("teacher.similarity=none"), small_pairs(3000))
    parameters = sum(parameter.numel() for parameter in trainer.parameters)
    formula = 4 * 3000 * 12 + 3 * 4 * parameters + 8 * 3000
    assert formula < state_bytes(trainer) < 1.05 * formula


@pytest.mark.parametrize("setting", [*(f"optimizer={name}" for name in STRATEGIES), "goal=both"])
def test_a_state_on_the_disk_is_as_large_as_was_said(setting: str, tmp_path: Path) -> None:
    trainer = Trainer(small_recipe("teacher.similarity=none", setting), small_pairs(600))
    said = state_bytes(trainer)

    def stop(loss: float) -> None:
        save_state(tmp_path / "state", trainer.state_dict())
        raise InterruptedError

    with pytest.raises(InterruptedError):
        trainer.train_epoch(stop)
    written = (tmp_path / "state").stat().st_size
    assert said <= written <= said + 16 * 1024


def test_a_small_disk_is_noticed_before_training_and_the_folder_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small_recipe("keep=best", "teacher.similarity=none")
    through = RunFolder.create(tmp_path / "through", recipe)
    train_run(through, small_pairs())
    run = RunFolder.create(tmp_path / "run", recipe)
    needed = run_bytes(Trainer(recipe, small_pairs(90)), keeps_best=True)
    steps: list[float] = []
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, needed - 1))
        with pytest.raises(RunError) as info:
            train_run(run, small_pairs(), on_step=steps.append)
    assert steps == []
    assert f"{run.path} has {needed / 2**20:,.1f} MiB of free disk, but the run needs" in str(info.value)
    assert f"go on with ucch train --out {run.path} --resume" in str(info.value)
    train_run(run, small_pairs(), resume=True)
    assert run.model_file.read_bytes() == through.model_file.read_bytes()


def test_it_is_noticed_before_a_teacher_is_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = small_recipe("teacher.similarity=mie")
    run = RunFolder.create(tmp_path / "run", recipe)
    needed = run_bytes(Trainer(recipe, small_pairs(), teacher=None))
    epochs: list[int] = []
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, needed - 1))
    with pytest.raises(RunError, match="of free disk, but the run needs"):
        train_run(run, small_pairs(), on_teacher=lambda done, total: epochs.append(done))
    assert epochs == []
    assert not run.teacher_file.exists()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, needed + 10**6))
    train_run(run, small_pairs(), resume=True, on_teacher=lambda done, total: epochs.append(done))
    assert epochs[-1] == max(epochs) > 0


def test_what_a_folder_holds_already_is_not_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe("teacher.similarity=none"))
    train_run(run, small_pairs())
    held = sum(file.stat().st_size for file in (run.checkpoint_file, run.previous_checkpoint_file, run.model_file))
    needed = run_bytes(Trainer(run.recipe(), small_pairs()))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, needed - held + 1000))
    train_run(run, small_pairs(), resume=True)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, needed - held - 20_000))
    with pytest.raises(RunError, match="of free disk, but the run needs"):
        train_run(run, small_pairs(), resume=True)


def test_looking_changes_nothing() -> None:
    first, second = (Trainer(small_recipe("optimizer=bop", "epochs=2"), small_pairs()) for _ in range(2))
    run_bytes(first)
    first.train_epoch()
    second.train_epoch()
    assert torch.equal(first.bank.latent, second.bank.latent)
