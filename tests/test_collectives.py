"""What processes say to one another: rank order, unequal shares, gradients; one process needs no group."""

from __future__ import annotations

import pytest
import torch

from tests.processes import Processes
from ucch.collectives import World


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
