"""What the tests have one process, and then several, do."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tests.training.kit import small_pairs, small_recipe
from ucch.collectives import World
from ucch.errors import UcchError
from ucch.evaluation import EncodedDataset, encode_dataset, measure
from ucch.runs import RunFolder
from ucch.runs.row_stream import RowStream
from ucch.training import EpochStats, HashingStep, Trainer, on_first, train_run
from ucch.training.distributed import Towers, data_parallel


def gradients(world: World, epoch: int, *settings: str) -> dict[str, Any]:
    """Gradients of one step in float64, and the table after it."""
    trainer = _wide(Trainer(small_recipe("clip_norm=1e9", *settings), small_pairs(), world=world))
    trainer.strategy.epoch_start(epoch)
    rows = torch.randperm(100, generator=torch.Generator().manual_seed(7))[:32]
    figures, _ = trainer._step(rows, trainer._views(rows))
    grads = [parameter.grad for parameter in trainer.model.parameters()]
    return {"grads": grads, "latent": trainer.bank.latent.detach(), "figures": figures}


def _wide(trainer: Trainer) -> Trainer:
    """Have a trainer compute in float64, in which the order of sums decides no sign."""
    model = trainer.model.double()
    trainer.step.scalers = nn.ModuleDict()
    trainer.step.towers = data_parallel(Towers(model.towers()), trainer.world)
    trainer.bank.double()
    for part in trainer.strategy.parts().values():
        if isinstance(part, nn.Module):
            part.double()
    return trainer


def epochs(world: World, n: int, *settings: str) -> dict[str, Any]:
    """A few epochs: towers, table, counts and figures."""
    trainer = _wide(Trainer(small_recipe(*settings), small_pairs(), world=world))
    stats = [trainer.train_epoch() for _ in range(n)]
    state = trainer.state_dict()
    saved = state["bank"]["latent"]
    if isinstance(saved, RowStream):  # whole in process 0; the others send their rows
        pieces = list(saved.pieces)
        saved = torch.cat(pieces) if pieces else None
    return {
        "model": copy.deepcopy(state["model"]),
        "latent": trainer.bank.latent.detach(),
        "saved": saved,
        "counts": {name: int(value) for name, value in state["binary"]["state"][0].items() if value.numel() == 1},
        "flips": [epoch.flips_per_row for epoch in stats],
        "loss": [epoch.loss for epoch in stats],
    }


class StoppedError(Exception):
    """Stands for whatever ends a run early."""


def run_until(world: World, folder: Path, stop: int, resume: bool, *settings: str) -> dict[str, Any] | None:
    """Train in a run folder, until an epoch or, with 0, to the end; the final model's weights."""

    def make() -> str:
        RunFolder.create(folder, small_recipe(*settings))
        return ""

    def on_epoch(stats: EpochStats) -> None:
        if stats.epoch == stop:
            raise StoppedError

    if not resume:
        on_first(world, make)
    try:
        return train_run(
            RunFolder.open(folder), small_pairs(), world=world, resume=resume, on_epoch=on_epoch
        ).state_dict()
    except StoppedError:
        return None


def other_pairs(world: World, folder: Path) -> str:
    """Train where the last process has other pairs; the refusal."""
    pairs = small_pairs(seed=5 if world.rank == world.size - 1 else 0)
    try:
        train_run(RunFolder.open(folder), pairs, world=world)
    except UcchError as error:
        return str(error)
    return ""


def failing(world: World) -> str:
    """Have the first process fail; what each says."""

    def fail() -> str:
        raise ValueError("no room")

    try:
        on_first(world, fail)
    except (UcchError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def own_loop(world: World, wrong: str) -> tuple[str, torch.Tensor]:
    """Two steps of a loop of one's own, each process seeded apart; the last is given something wrong. What it says."""
    torch.manual_seed(world.rank)
    pairs, last = small_pairs(), world.rank == world.size - 1
    generator = torch.Generator().manual_seed(100 + world.rank)
    try:
        towers = {"image": nn.Linear(8, 12), "text": nn.Linear(5, 12)}
        n_items = 99 if last and wrong == "items" else 100
        step = HashingStep(towers, n_items, small_recipe("warmup_epochs=0"), generator=generator, world=world)
        for _ in range(2):
            index = torch.arange(12) + (last and wrong == "rows")
            own = index[world.share(12)]
            views = {
                "image": torch.from_numpy(pairs.image)[own].float(),
                "text": torch.from_numpy(pairs.text)[own].float(),
            }
            if last and wrong == "names":
                views["sound"] = views.pop("text")
            if last and wrong == "share":
                views["text"] = views["text"][1:]
            step(index, views).loss.backward()
            step.after_step()
    except (ValueError, UcchError) as error:
        return str(error), torch.zeros(())
    return "", torch.cat([step.bank.values().flatten(), *[each.grad.flatten() for each in step.towers.parameters()]])


def refusal(world: World, *settings: str) -> str:
    """Why a recipe does not train on several processes."""
    try:
        Trainer(small_recipe(*settings), small_pairs(), world=world)
    except UcchError as error:
        return str(error)
    return ""


def refused_run(world: World, folder: Path) -> tuple[str, bool]:
    """Train a run that needs one process; the refusal, and whether a teacher was fitted first."""
    on_first(world, lambda: str(RunFolder.create(folder, small_recipe("optimizer=bop")).path))
    run = RunFolder.open(folder)
    try:
        train_run(run, small_pairs(), world=world)
    except UcchError as error:
        return str(error), run.teacher_file.exists()
    return "", run.teacher_file.exists()


def evaluated(world: World, folder: Path, dataset: Any) -> tuple[EncodedDataset, dict[str, Any]]:
    """Codes and rankings of a data set by the model of a run."""
    encoded = encode_dataset(RunFolder.open(folder).model(), dataset, world)
    rankings = measure(encoded, world=world)
    return encoded, {name: ranking.figures for name, ranking in rankings.items()}
