"""One training run from recipe to model, resumable after every epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ..data import Pairs
from ..errors import RunError
from ..models import HashModel
from .checkpoint import load_state, save_state
from .recipe import Recipe
from .run_folder import RunFolder
from .trainer import EpochStats, Trainer
from .validation import pair_score

__all__ = ["choose_device", "train_run"]


def train_run(
    run: RunFolder,
    pairs: Pairs,
    *,
    device: torch.device | str = "cpu",
    resume: bool = False,
    on_start: Callable[[Trainer], None] | None = None,
    on_step: Callable[[float], None] | None = None,
    on_epoch: Callable[[EpochStats], None] | None = None,
) -> HashModel:
    """Train by the recipe of a run folder and leave model, history and checkpoint there.

    Args:
        run: a folder from :meth:`RunFolder.create`, or, to resume, :meth:`RunFolder.open`.
        pairs: training pairs; labels are not read.
        device: where to train.
        resume: go on from the checkpoint; the result equals the run that was never stopped, bit for bit on one
            machine's CPU. Without a checkpoint it starts over.
        on_start, on_step, on_epoch: called with the trainer, with the loss of every step, and after every epoch.

    Returns:
        The model of the last epoch, or with ``training.keep = "best"`` that of the epoch whose held-out pairs found
        their partners best (:func:`~ucch.training.validation.pair_score`), a score without labels.

    Raises:
        RunError: the checkpoint is damaged or belongs to other data.
    """
    recipe, identity = run.recipe(), pairs.digest()
    train, held_out = _hold_out(recipe, pairs)
    trainer = Trainer(recipe, train, device=device)
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
    if on_start is not None:
        on_start(trainer)
    while trainer.epoch < trainer.n_epochs:
        stats = trainer.train_epoch(on_step)
        line = stats.as_dict()
        if held_out is not None:
            line["validation"] = pair_score(trainer.model, held_out)
            if line["validation"] > best["score"]:
                weights = {name: value.clone() for name, value in trainer.model.state_dict().items()}
                best = {"score": line["validation"], "epoch": stats.epoch, "model": weights}
        history.append(line)
        state = {"pairs": identity, "trainer": trainer.state_dict(), "best": best, "history": history}
        save_state(run.checkpoint_file, state)
        run.write_history(history)
        if on_epoch is not None:
            on_epoch(stats)
    if held_out is not None:
        trainer.model.load_state_dict(best["model"])
    trainer.model.eval().save(run.model_file)
    return trainer.model


def _hold_out(recipe: Recipe, pairs: Pairs) -> tuple[Pairs, Pairs | None]:
    if recipe.training.keep == "last":
        return pairs, None
    order = np.random.default_rng(recipe.seed).permutation(len(pairs))
    n_held_out = max(1, round(recipe.training.validation_share * len(pairs)))
    return pairs.take(np.sort(order[n_held_out:])), pairs.take(np.sort(order[:n_held_out]))


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
