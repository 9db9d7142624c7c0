"""The teacher stage of a run folder: resumable after every epoch, its result kept with the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from ...collectives import World
from ...data import Items, Pairs, as_pairs
from ...errors import RunError
from ...recipe.recipe import Recipe
from ...runs.checkpoint import load_state, save_state
from ...runs.run_folder import RunFolder
from ...teachers import Teacher
from .fitting import TeacherStage, takes_teacher
from .shared import shared_teacher

__all__ = ["check_pairs", "run_teacher_stage"]


def run_teacher_stage(
    run: RunFolder,
    pairs: Items,
    identity: str,
    *,
    device: torch.device | str = "cpu",
    world: World | None = None,
    resume: bool = False,
    on_epoch: Callable[[int, int], None] | None = None,
) -> Teacher | None:
    """Fit the teacher of a run and leave it there as ``teacher.safetensors``.

    Args:
        run: the folder.
        pairs: the pairs that train, without those held out.
        identity: digest of all pairs of the run, which a checkpoint must have too.
        device: where a generator trains.
        world: the processes that train together, all of which call; process 0 fits the teacher.
        resume: take the teacher that is there, or go on from the checkpoint of the stage; the result equals the stage
            that was never stopped, bit for bit on one machine's CPU.
        on_epoch: called with the epochs done and those in all; then, where the teacher is fitted to a part of the
            pairs, with the pairs described and those in all.

    Returns:
        The teacher; None where the recipe has none or ``auto`` decided for none, which leaves no file.

    Raises:
        RunError: a file is damaged or belongs to other data.
    """
    recipe = run.recipe()
    if not takes_teacher(recipe, pairs):
        return None
    of = as_pairs(pairs, f"teacher {recipe.teacher.similarity}")
    return shared_teacher(world or World(), lambda: _fitted(run, recipe, of, identity, device, resume, on_epoch))


def _fitted(
    run: RunFolder,
    recipe: Recipe,
    pairs: Pairs,
    identity: str,
    device: torch.device | str,
    resume: bool,
    on_epoch: Callable[[int, int], None] | None,
) -> Teacher | None:
    if resume and run.teacher_file.exists():
        return Teacher.load(run.teacher_file)
    stage = TeacherStage(recipe, pairs, device=device)
    if resume and run.teacher_checkpoint_file.exists():
        state = load_state(run.teacher_checkpoint_file)
        check_pairs(run, state, identity)
        stage.load_state_dict(state["stage"])
    while stage.epoch < stage.n_epochs:
        stage.train_epoch()
        run.teacher_checkpoint_file.parent.mkdir(exist_ok=True)
        save_state(run.teacher_checkpoint_file, {"pairs": identity, "stage": stage.state_dict()})
        if on_epoch is not None:
            on_epoch(stage.epoch, stage.n_epochs)
    teacher = stage.finished(on_epoch)
    if teacher is not None:
        teacher.save(run.teacher_file)
    run.teacher_checkpoint_file.unlink(missing_ok=True)
    return teacher


def check_pairs(run: RunFolder, state: Mapping[str, Any], identity: str) -> None:
    """Refuse a checkpoint that was made on other pairs.

    Raises:
        RunError: it was.
    """
    if state.get("pairs") != identity:
        raise RunError(
            f"{run.path} was trained on pairs {state.get('pairs')}, got {identity};"
            " resume with the data it was started on"
        )
