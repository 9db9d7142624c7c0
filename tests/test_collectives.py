"""What processes say to one another: rank order, unequal shares, gradients; one process needs no group."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist

from tests.processes import Processes
from ucch.collectives import World
from ucch.errors import RunError


def rows_of(world: World) -> torch.Tensor:
    return torch.arange(10.0).reshape(5, 2)[world.share(5)]


def gathered(world: World) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rows = rows_of(world).requires_grad_()
    weight = (1 + world.rank) * torch.arange(10.0).reshape(5, 2)
    whole = world.gather(rows, world.sizes(5))
    (whole * weight).sum().backward()
    assert rows.grad is not None
    return whole.detach(), rows.grad, world.gather(torch.arange(world.rank))  # rank rows: 0, 1, 2


def said(world: World) -> tuple[object, ...]:
    world.wait()
    total = world.sum(torch.tensor([1, world.rank]))
    words = [world.tell(f"\u00e4 from {world.rank}"), world.tell("")]
    return total, words, world.counts(world.rank + 4), world.collect(rows_of(world), 5)


def test_rows_come_in_the_order_of_ranks_and_their_gradients_add_up(processes: Processes) -> None:
    answers = processes.run(gathered)
    factor = sum(range(1, processes.size + 1))
    for rank, (whole, grad, numbers) in enumerate(answers):
        assert torch.equal(whole, torch.arange(10.0).reshape(5, 2))
        assert torch.equal(grad, factor * whole[World(rank, processes.size).share(5)])
        assert numbers.tolist() == [i for size in range(processes.size) for i in range(size)]


def test_sums_words_and_counts_reach_all_and_collected_rows_the_first(processes: Processes) -> None:
    answers = processes.run(said)
    for rank, (total, words, counts, collected) in enumerate(answers):
        assert total.tolist() == [processes.size, sum(range(processes.size))]
        assert words == ["\u00e4 from 0", ""]
        assert counts == [4, 5, 6][: processes.size]
        own = World(rank, processes.size).share(5) if rank else slice(None)
        assert torch.equal(collected, torch.arange(10.0).reshape(5, 2)[own])


def disagreed(world: World) -> tuple[list[str], list[list[int]]]:
    """Checks that fail in one process, in all, and in none."""
    said = []
    for failing, kind in (([1], ValueError), ([1], KeyError), (range(world.size), OSError)):

        def check(failing: object = failing, kind: type[Exception] = kind) -> list[int]:
            if world.rank in failing:  # type: ignore[operator]
                raise kind(f"from {world.rank}")
            return [world.rank]

        with pytest.raises((ValueError, KeyError, OSError, RunError)) as error:
            world.agree(check)
        said.append(f"{type(error.value).__name__} {error.value}")
    return said, world.agree(lambda: [world.rank, 7])


def test_an_error_of_one_is_the_error_of_all_and_they_go_on_together(processes: Processes) -> None:
    for rank, (said, numbers) in enumerate(processes.run(disagreed)):
        key = "KeyError 'from 1'" if rank == 1 else "RunError 'from 1'"  # a kind that no argument, file or data has
        assert said == ["ValueError from 1", key, "OSError from 0"]
        assert numbers == [[rank, 7] for rank in range(processes.size)]


def shared(world: World) -> tuple[torch.Tensor, list[str]]:
    said = []
    other = torch.ones(3, dtype=torch.int64 if world.rank else torch.int32)
    for value in (torch.ones(3), torch.full((3,), float(world.rank)), other):
        try:
            world.same("it", value)
        except ValueError as error:
            said.append(str(error))
    return world.spread(torch.tensor([-0.0, float("nan"), world.rank])), said


def test_the_first_ones_tensor_reaches_all_bit_for_bit_and_others_are_told_apart(processes: Processes) -> None:
    for value, said in processes.run(shared):
        assert value.view(torch.int32).tolist() == torch.tensor([-0.0, float("nan"), 0]).view(torch.int32).tolist()
        assert said == ["it must be the same in all processes, but that of process 1 is another"] * 2


def killed(world: World, victim: int) -> str:
    """Talk on and on until a process is gone."""
    try:
        for step in range(10_000):
            if step == 20 and world.rank == victim:
                os.kill(os.getpid(), signal.SIGKILL)
            world.gather(torch.ones(4, 2))
            list(world.pieces(rows_of(world), 5))
    except RuntimeError as error:
        return str(error)
    return ""


@pytest.mark.slow
@pytest.mark.parametrize(("size", "victim"), [(2, 1), (3, 0), (3, 2)])
def test_when_one_is_killed_the_others_fail_within_30_seconds(tmp_path: Path, size: int, victim: int) -> None:
    world = Processes(size, tmp_path)
    try:
        world.run(said)  # they have met
        for end in world.ours:
            end.send((killed, (victim,)))
        for rank, end in enumerate(world.ours):
            if rank != victim:
                assert end.poll(30), f"process {rank} waits on"
                kind, answer = end.recv()
                assert kind == "done"
                assert answer
    finally:
        for process in world.processes:
            process.kill()
            process.join()


def over_a_group_without_cpu(rank: int, meet: str, answers: Any) -> None:
    """As with NCCL alone: a default group that carries no tensors of the CPU."""
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    dist.init_process_group("cuda:gloo", init_method=f"file://{meet}", rank=rank, world_size=2)
    world = World.current()
    assert "cpu" not in dist.get_backend_config()
    answers.put((rank, said(world)[1:3], world.gather(torch.ones(1 + rank)).tolist()))
    dist.destroy_process_group()


@pytest.mark.slow
def test_tensors_of_the_cpu_travel_though_the_default_group_carries_none(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    answers = spawn.Queue()
    each = [
        spawn.Process(target=over_a_group_without_cpu, args=(rank, str(tmp_path / "m"), answers)) for rank in (0, 1)
    ]
    for process in each:
        process.start()
    found = sorted(answers.get(timeout=120) for _ in each)
    for process in each:
        process.join()
    assert found == [(rank, (["\u00e4 from 0", ""], [4, 5]), [1.0, 1.0, 1.0]) for rank in (0, 1)]


@pytest.mark.parametrize(("size", "n", "sizes"), [(1, 7, [7]), (3, 7, [3, 2, 2]), (4, 2, [1, 1, 0, 0])])
def test_shares_are_consecutive_and_differ_by_one_at_most(size: int, n: int, sizes: list[int]) -> None:
    assert World(0, size).sizes(n) == sizes
    rows = [row for rank in range(size) for row in range(n)[World(rank, size).share(n)]]
    assert rows == list(range(n))


def test_one_process_needs_no_group() -> None:
    world, rows = World.current(), torch.ones(3, 2)
    assert world == World(0, 1)
    assert world.gather(rows) is rows
    assert world.sum(rows) is rows
    assert world.collect(rows, 3) is rows
    assert (world.tell("a"), world.counts(5)) == ("a", [5])
