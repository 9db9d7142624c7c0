"""One teacher for several processes."""

from __future__ import annotations

import pytest
import torch

from tests.processes import Processes
from ucch.collectives import World
from ucch.errors import RunError
from ucch.teachers import Teacher
from ucch.training.teacher.shared import shared_teacher


def made(world: World, kind: str) -> object:
    """What each process gets of a teacher that only the first one can make."""

    def make() -> Teacher | None:
        if kind == "fails":
            raise ValueError("no room")
        if world.rank:
            raise AssertionError("only process 0 makes the teacher")
        rows = torch.randn(7, 3, generator=torch.Generator().manual_seed(1))
        teacher = Teacher("made", rows, {"lift": 2.5})
        return None if kind == "none" else teacher.with_rows(rows.half()) if kind == "half" else teacher

    try:
        teacher = shared_teacher(world, make)
    except (RunError, ValueError) as error:
        return type(error).__name__
    return None if teacher is None else (teacher.kind, teacher.notes, teacher.rows)


@pytest.mark.parametrize("precision", ["one", "half"])
def test_all_have_the_teacher_of_the_first_bit_for_bit(processes: Processes, precision: str) -> None:
    kind, notes, rows = made(World(), precision)  # type: ignore[misc]
    for answer in processes.run(made, precision):
        assert answer[:2] == (kind, notes) == ("made", {"lift": 2.5})
        assert torch.equal(answer[2], rows)


def test_none_is_none_for_all(processes: Processes) -> None:
    assert processes.run(made, "none") == [None] * processes.size
    assert made(World(), "none") is None


def test_where_the_first_fails_all_do(processes: Processes) -> None:
    assert processes.run(made, "fails") == ["ValueError", *["RunError"] * (processes.size - 1)]


def test_alone_it_just_makes_it() -> None:
    with pytest.raises(ZeroDivisionError):
        shared_teacher(World(), lambda: 1 / 0)  # type: ignore[arg-type, return-value]
