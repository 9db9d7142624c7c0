"""A teacher that process 0 makes, for all processes that train together."""

from __future__ import annotations

import json
from collections.abc import Callable

import torch

from ...collectives import World
from ...teachers import Teacher
from ..distributed import on_first

__all__ = ["shared_teacher"]


def shared_teacher(world: World, make: Callable[[], Teacher | None]) -> Teacher | None:
    """Make a teacher in process 0 and give it, bit for bit, to all: N x d numbers travel once.

    Args:
        world: the processes; one alone just makes it.
        make: called in process 0.

    Raises:
        RunError: in the other processes, when ``make`` failed.
    """
    if world.size == 1:
        return make()
    made: list[Teacher] = []

    def work() -> str:
        teacher = make()
        if teacher is None:
            return "null"
        made.append(teacher)
        rows = teacher.rows
        half = rows.dtype == torch.float16
        return json.dumps({"kind": teacher.kind, "notes": teacher.notes, "shape": list(rows.shape), "half": half})

    plan = json.loads(on_first(world, work))
    if plan is None:
        return None
    dtype = torch.float16 if plan["half"] else torch.float32
    rows = world.spread(made[0].rows.cpu() if made else torch.empty(plan["shape"], dtype=dtype))
    return Teacher(plan["kind"], rows[:2], plan["notes"]).with_rows(rows)
