"""Training on several processes: the process group, data-parallel towers, and what process 0 alone does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ..collectives import World
from ..errors import RecipeError, RunError, UcchError

if TYPE_CHECKING:
    from ..recipe.recipe import Recipe

__all__ = ["Towers", "check_parallel", "data_parallel", "on_first", "processes"]

_PATIENCE = timedelta(minutes=30)


@contextmanager
def processes(device: torch.device) -> Iterator[World]:
    """Join the processes that ``torchrun`` started; without it, this process is alone.

    A process group of torch that exists already is used, and left as it is.
    CPU tensors travel by gloo, those of GPUs by nccl; each process takes the GPU of its local rank.

    Args:
        device: where the work is done, ``cpu`` or ``cuda``.

    Raises:
        RunError: there are more processes than GPUs on a machine that has some, or another process went away.
    """
    started = int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ
    if not started or dist.is_initialized():
        yield World.current()
        return
    if device.type == "cuda":
        local = int(os.environ.get("LOCAL_RANK", "0"))
        if local >= torch.cuda.device_count():
            raise RunError(
                f"each process needs a GPU of its own, got {torch.cuda.device_count()} for process {local};"
                " start fewer processes or say --device cpu"
            )
        torch.cuda.set_device(local)
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        yield World.current()
    except (UcchError, OSError, ValueError):
        raise
    except RuntimeError as error:
        if World.current().rank == 0:
            raise
        raise RunError(f"process {World.current().rank} lost the others: {error}") from error
    finally:
        dist.destroy_process_group()


def on_first(world: World, work: Callable[[], str]) -> str:
    """Do a piece of work in process 0 alone and tell all of them its answer; where it fails, all fail.

    Args:
        world: the processes.
        work: called in process 0.

    Raises:
        RunError: in the other processes, when ``work`` failed.
    """
    if world.size == 1:
        return work()
    if world.rank == 0:
        try:
            answer = work()
        except BaseException:
            world.tell("failed")
            raise
        return world.tell(f"done {answer}").removeprefix("done ")
    word, _, answer = world.tell("").partition(" ")
    if word == "failed":
        raise RunError("process 0 could not go on; its message says why")
    return answer


def check_parallel(
    recipe: Recipe, placements: tuple[str, ...], world: World, *, batch_size: int, own: str = ""
) -> None:
    """Refuse what does not train on several processes.

    Args:
        recipe: all choices.
        placements: of the table that its optimizer can do with.
        world: the processes; a single one refuses nothing.
        batch_size: B, of all processes together.
        own: name of an objective of one's own; empty for none.

    Raises:
        RecipeError: an objective but UCCH's; an encoder that trains along; a teacher's structure term; an optimizer
            that needs the batch or the table as a whole; keys that a table cut by rows cannot send; fewer pairs in a
            batch than processes.
    """
    if world.size == 1:
        return
    said = f"{world.size} processes"
    if recipe.objective != "ucch" or own:
        name = own or recipe.objective
        raise RecipeError(f"recipe key objective must be ucch on {said}, got {name!r}; train on one")
    if recipe.teacher.closeness_weight > 0:
        raise RecipeError(f"teacher.closeness_weight compares a whole batch, got {said}; set it to 0 or train on one")
    if recipe.fine_tuning.enabled:
        raise RecipeError(f"fine_tuning trains the encoder in one process, got {said}; start one")
    if not placements:
        raise RecipeError(f"optimizer {recipe.optimizer} needs whole batches and trains on one process, got {said}")
    table = recipe.table
    if table.placement not in placements:
        raise RecipeError(
            f"optimizer {recipe.optimizer} needs the whole table in every process; set table.placement=replicated"
        )
    if table.placement == "sharded" and table.negatives != "shared":
        raise RecipeError("table.placement=sharded goes with table.negatives=shared; or set table.placement=replicated")
    if batch_size < world.size:
        raise RecipeError(f"a batch must hold a pair for each of {said}, got {batch_size}; start fewer")


class Towers(nn.ModuleDict):
    """All towers in one call: views by name to real outputs by name, in the order of the towers."""

    def forward(self, views: Mapping[str, Any]) -> dict[str, Tensor]:
        return {name: tower(views[name]) for name, tower in self.items()}


def data_parallel(towers: Towers, world: World) -> nn.Module:
    """:class:`Towers` whose gradients are averaged over several processes; the table stays outside."""
    return towers if world.size == 1 else DistributedDataParallel(towers)
