"""One training run from recipe to model, resumable from its latest checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from ..data import Pairs
from ..errors import RunError
from ..models import HashModel
from .checkpoint import load_state, save_state
from .fine_tuning import FineTuning
from .fit_baseline import fit_baseline
from .run_folder import RunFolder
from .trainer import EpochStats, Trainer
from .validation import hold_out, pair_score
from .watch import FlipWatch

__all__ = ["CHECKPOINT_SECONDS", "choose_device", "train_run"]

CHECKPOINT_SECONDS = 30.0  # between checkpoints, so that epochs of a few steps do not spend their time on the disk


def train_run(
    run: RunFolder,
    pairs: Pairs,
    *,
    device: torch.device | str = "cpu",
    resume: bool = False,
    fine_tuning: FineTuning | None = None,
    on_start: Callable[[Trainer], None] | None = None,
    on_step: Callable[[float], None] | None = None,
    on_epoch: Callable[[EpochStats], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> HashModel:
    """Train by the recipe of a run folder and leave model, history and checkpoint there.

    A recipe that names a baseline is fitted in one go: no checkpoint, and nothing is called on the way.

    Args:
        run: a folder from :meth:`RunFolder.create`, or, to resume, :meth:`RunFolder.open`.
        pairs: training pairs; labels are read where the recipe's objective needs them, and nowhere else.
        device: where to train.
        resume: go on from the checkpoint; the result equals the run that was never stopped, bit for bit on one
            machine's CPU. Without a checkpoint it starts over. Checkpoints are written at the ends of epochs: of the
            first, of the last, when a callback raises, and else once ``CHECKPOINT_SECONDS`` have passed; epochs done
            after the checkpoint are done again and leave the history.
        fine_tuning: the image encoder and the photographs, where the recipe trains it too.
        on_start, on_step, on_epoch: called with the trainer, with the loss of every step, and after every epoch.
        on_warning: called with a sentence when the codes no longer move or all of them do
            (:class:`~ucch.training.watch.FlipWatch`).

    Returns:
        The model of the last epoch, or with ``training.keep = "best"`` that of the epoch whose held-out pairs found
        their partners best (:func:`~ucch.training.validation.pair_score`), a score without labels.

    Raises:
        RunError: the checkpoint is damaged or belongs to other data.
    """
    recipe = run.recipe()
    if recipe.baseline != "none":
        model, history = fit_baseline(recipe, pairs)
        run.write_history(history)
        model.save(run.model_file)
        return model
    identity = pairs.digest()
    train, held_out = (pairs, None) if recipe.training.keep == "last" else hold_out(recipe, pairs)
    trainer = Trainer(recipe, train, device=device, fine_tuning=fine_tuning)
    best: dict[str, Any] = {"score": float("-inf"), "epoch": 0, "model": {}}
    history = []
    if resume and run.checkpoint_file.exists():
        state = load_state(run.checkpoint_file)
        if state["pairs"] != identity:
            raise RunError(
                f"{run.path} was trained on pairs {state['pairs']}, got {identity};"
                " resume with the data it was started on"
            )
        trainer.load_state_dict(state["trainer"])
        best, history = state["best"], state["history"]
    watch = FlipWatch(n_epochs=trainer.n_epochs, n_bits=recipe.bits, warmup_epochs=recipe.table.warmup_epochs)
    for line in history:
        watch.see(line)
    run.write_history(history)
    if on_start is not None:
        on_start(trainer)

    def save() -> float:
        state = {"pairs": identity, "trainer": trainer.state_dict(), "best": best, "history": history}
        run.checkpoint_file.parent.mkdir(exist_ok=True)
        save_state(run.checkpoint_file, state)
        return time.monotonic()

    saved_at = float("-inf")
    while trainer.epoch < trainer.n_epochs:
        stats = trainer.train_epoch(on_step)
        line = stats.as_dict()
        if held_out is not None:
            model = trainer.finished_model()
            line["validation"] = pair_score(model, held_out)
            if line["validation"] > best["score"]:
                best = {"score": line["validation"], "epoch": stats.epoch, "model": model.state_dict()}
        history.append(line)
        run.append_history(line)
        if trainer.epoch == trainer.n_epochs or time.monotonic() - saved_at >= CHECKPOINT_SECONDS:
            saved_at = save()
        warning = watch.see(line)
        try:
            if on_epoch is not None:
                on_epoch(stats)
            if warning is not None and on_warning is not None:
                on_warning(warning)
        except BaseException:
            save()
            raise
    model = trainer.finished_model()
    if held_out is not None:
        model.load_state_dict(best["model"])
    model.save(run.model_file)
    return model


def choose_device(word: str) -> torch.device:
    """Turn ``auto``, ``cpu`` or ``cuda`` into a device; ``auto`` is cuda where there is one.

    Raises:
        RunError: ``cuda`` was asked for and torch finds none.
    """
    if word == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if word == "cuda" and not torch.cuda.is_available():
        raise RunError("device cuda was asked for, but torch finds no CUDA device; use --device cpu")
    return torch.device(word)
