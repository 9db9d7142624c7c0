"""The room on the disk that a run takes, looked at before it trains."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from typing import Any

from torch import Tensor

from ..errors import RunError
from ..runs.row_stream import RowStream
from ..runs.run_folder import RunFolder
from .trainer import Trainer

__all__ = ["check_room", "run_bytes", "state_bytes"]

_STATES = 3  # the last two and the one that is being written
_REST = 2 * 2**20  # bytes of history, report and pictures


def state_bytes(trainer: Trainer) -> int:
    """Bytes of a saved state of a trainer, within a KiB or so.

    That is ``4 N D`` for the code table, as much again where its optimizer keeps a number for each entry (Bop, discrete
    codes), ``3 · 4 P`` for P parameters of towers, objective and trained encoder with Adam's two moments, and ``8 N``
    for the order of an epoch. All processes of a run call.
    """
    for group in trainer.strategy.optimizer.param_groups:
        for table in group["params"]:
            trainer.strategy.optimizer.table_state(table)  # which the first step would make
    held = sum(_sizes(trainer.state_dict()))
    if not trainer.adam.state:
        held += 2 * sum(parameter.nbytes for parameter in trainer.parameters)
    return held + (0 if trainer.part is not None else 8 * len(trainer.rows))


def run_bytes(trainer: Trainer, *, keeps_best: bool = False) -> int:
    """Bytes that a run folder needs at most: three states, the model, and 2 MiB for what is small.

    Args:
        trainer: of the run.
        keeps_best: whether a state holds the weights of the best epoch, too.
    """
    model = sum(_sizes(trainer.model.state_dict()))
    return _STATES * (state_bytes(trainer) + keeps_best * model) + model + _REST


def check_room(run: RunFolder, needed: int) -> None:
    """Refuse to train where the disk has not the room; what the folder holds of states and model will be replaced.

    Args:
        run: the folder.
        needed: bytes, of :func:`run_bytes`.

    Raises:
        RunError: with the bytes that are free and those that are needed.
    """
    there = (run.checkpoint_file, run.previous_checkpoint_file, run.model_file)
    missing = needed - sum(file.stat().st_size for file in there if file.exists())
    free = shutil.disk_usage(run.path).free
    if missing > free:
        raise RunError(
            f"{run.path} has {_said(free)} of free disk, but the run needs {_said(missing)} more: {_STATES} states (the"
            " last two and the one being written; each has the code table, the towers and Adam's moments of them) and"
            f" the model. Free some and go on with ucch train --out {run.path} --resume, or take an --out elsewhere"
        )


def _sizes(state: Any) -> Iterator[int]:
    """Bytes of the tensors in nested dicts, lists and tuples."""
    if isinstance(state, (Tensor, RowStream)):
        yield math.prod(state.shape) * state.dtype.itemsize
    elif isinstance(state, dict):
        for value in state.values():
            yield from _sizes(value)
    elif isinstance(state, (list, tuple)):
        for value in state:
            yield from _sizes(value)


def _said(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB" if size < 2**30 else f"{size / 2**30:,.1f} GiB"
