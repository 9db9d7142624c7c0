"""A table cut by rows: it draws, shows and moves as the whole one does, and sends bits."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
import torch.distributed as dist

from tests.processes import Processes
from ucch.codes import n_bytes
from ucch.collectives import World
from ucch.optim import CodeBank, Keys, MomentumBinary, ShardedCodeBank

N, D, B = 50, 12, 8


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    index = torch.randperm(N, generator=seeded(1))[:B]
    return index, *(torch.randn(B, D, generator=seeded(seed)) for seed in (2, 3))


def look(keys: Keys) -> tuple[torch.Tensor, ...]:
    assert keys.log_weights is not None
    assert keys.rows is not None
    return keys.positives, keys.negatives, keys.log_weights, keys.rows


def use(world: World, sharded: bool, n_negatives: int) -> dict[str, object]:
    """Two steps of a table; for one process, of the whole one."""
    bank: CodeBank | ShardedCodeBank = CodeBank(N, D, generator=seeded(0))
    if sharded:
        bank = ShardedCodeBank(N, D, world=world, generator=seeded(0))
    start = bank.latent.detach().clone()
    index, image, text = batch()
    own, binary, draw = world.share(B), MomentumBinary(bank.parameters(), momentum=0.4), seeded(4)
    seen = []
    for _ in range(2):
        seen.append(look(bank.keys(index[own], n_negatives=n_negatives, generator=draw)))
        bank.observe(index, image, text)
        binary.step()
    codes = bank.codes(torch.tensor([49, 0, 20, 20]))
    return {"start": start, "keys": seen, "codes": codes, "latent": bank.latent.detach()}


def sent(world: World) -> list[tuple[torch.dtype, int]]:
    """What one draw of keys gathers: dtype and bytes that reach a process."""
    gather, seen = dist.all_gather, []

    def count(parts: list[torch.Tensor], part: torch.Tensor, **options: Any) -> None:
        seen.append((part.dtype, sum(part.nbytes for part in parts)))
        gather(parts, part, **options)

    bank = ShardedCodeBank(N, D, world=world, generator=seeded(0))
    dist.all_gather = count
    try:
        bank.keys(batch()[0][world.share(B)], n_negatives=30, generator=seeded(4))
    finally:
        dist.all_gather = gather
    return seen


@pytest.mark.parametrize("n_negatives", [30, 100])
def test_shards_do_what_the_whole_table_does(processes: Processes, n_negatives: int) -> None:
    whole, answers = use(World(), False, n_negatives), processes.run(use, True, n_negatives)
    for name in ("start", "latent"):
        assert torch.equal(torch.cat([answer[name] for answer in answers]), whole[name])
    for rank, answer in enumerate(answers):
        own = World(rank, processes.size).share(B)
        for ours, theirs in zip(answer["keys"], whole["keys"], strict=True):
            for one, other, rows in zip(ours, theirs, (own, slice(None), own, slice(None)), strict=True):
                assert torch.equal(one, other[rows])
        assert torch.equal(answer["codes"], whole["codes"])


def test_keys_travel_as_packed_bits(processes: Processes) -> None:
    for answer in processes.run(sent):
        n_rows = sum(size for dtype, size in answer if dtype == torch.uint8) // n_bytes(D)
        assert B + 30 <= n_rows <= processes.size * (B + 30)  # padded to the longest share
        assert all(size <= 8 * processes.size * B for dtype, size in answer if dtype != torch.uint8)  # row numbers


def apart(world: World) -> tuple[torch.Tensor, ...]:
    """A table and keys drawn by generators that stand apart; the rows that were named, and a number drawn after."""
    draw = seeded(world.rank)
    bank = ShardedCodeBank(N, D, world=world, generator=draw)
    keys = bank.keys(batch()[0][world.share(B)], n_negatives=30, generator=draw)
    assert keys.rows is not None
    named = bank.codes(world.spread(keys.rows))
    return bank.latent.detach(), keys.negatives, keys.rows, named, torch.rand(1, generator=draw)


def test_processes_seeded_apart_have_the_table_and_the_keys_of_the_first(processes: Processes) -> None:
    draw = seeded(0)
    whole = CodeBank(N, D, generator=draw)
    keys = whole.keys(batch()[0], n_negatives=30, generator=draw)
    assert keys.rows is not None
    answers = processes.run(apart)
    assert torch.equal(torch.cat([answer[0] for answer in answers]), whole.latent)
    for _, negatives, rows, named, _ in answers:
        assert torch.equal(negatives, keys.negatives)
        assert torch.equal(rows, keys.rows)
        assert torch.equal(named, negatives)
    assert torch.equal(answers[0][4], torch.rand(1, generator=draw))
    assert len({float(answer[4]) for answer in answers}) == processes.size  # whoever stood apart still does


def wrong(world: World, what: str) -> tuple[list[str], torch.Tensor]:
    """Have the last process alone give a wrong argument, twice; then all go on."""
    last, bank = world.rank == world.size - 1, ShardedCodeBank(N, D, world=world, generator=seeded(0))
    index, said = batch()[0], []
    for _ in range(2):
        try:
            if what == "row":
                bank.keys(torch.tensor([N]) if last else index[:1], n_negatives=9)
            elif what == "kind":
                bank.keys(index[:1].double() if last else index[:1], n_negatives=9)
            elif what == "negatives":
                bank.keys(index[:1], n_negatives=9 - last)
            elif what == "codes":
                bank.codes(torch.tensor([-1]) if last else index[:1])
            elif what == "other codes":
                bank.codes(index[int(last) :][:1])
            elif what == "few":
                ShardedCodeBank(1, D, world=world)
            elif what == "table":
                ShardedCodeBank(N - last, D, world=world)
            else:
                ShardedCodeBank(N, D, world=world, init="none" if last else "unbiased")
        except (TypeError, ValueError) as error:
            said.append(f"{type(error).__name__}: {error}")
    return said, bank.codes(index)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("row", "IndexError|ValueError"),
        ("kind", "TypeError: index must"),
        ("negatives", "ValueError: n_negatives must be the same in all processes, got 9, "),
        ("codes", "ValueError"),
        ("other codes", "ValueError: index must be the same in all processes"),
        ("table", "ValueError: n_codes and n_bits must be the same in all processes"),
        ("few", "ValueError: n_codes must be at least one for each of [23] processes, got 1"),
        ("init", "ValueError: init must"),
    ],
)
def test_a_wrong_argument_of_one_is_an_error_of_all_and_nothing_hangs(
    processes: Processes, what: str, message: str
) -> None:
    answers = processes.run(wrong, what)
    for said, codes in answers:
        assert len(said) == 2
        assert re.match(message, said[0])
        assert what == "table" or said == answers[0][0]  # that message names its own process's numbers
        assert torch.equal(codes, answers[0][1])


def test_alone_it_is_the_whole_table() -> None:
    ours, theirs = use(World(), True, 30), use(World(), False, 30)
    assert torch.equal(ours["latent"], theirs["latent"])
    assert torch.equal(ours["keys"][1][1], theirs["keys"][1][1])
    bank = ShardedCodeBank(N, D, world=World())
    assert torch.equal(bank.whole(), bank.latent)
    assert repr(bank) == "ShardedCodeBank(n_codes=50, n_bits=12, rows 0 to 49 here)"
    index = torch.arange(3)
    assert bank.keys(index, mask_own=False).log_weights is None


def test_what_cannot_be_sent_is_refused() -> None:
    bank, index = ShardedCodeBank(N, D, world=World()), torch.arange(3)
    with pytest.raises(ValueError, match="negatives of a table cut by rows must be one of shared, got 'per_anchor'"):
        bank.keys(index, negatives="per_anchor")
    with pytest.raises(ValueError, match="binarize must be True for a table cut by rows"):
        bank.keys(index, binarize=False)
    with pytest.raises(ValueError, match="views must have one row per entry of index, got 2 rows and 3 entries"):
        bank.observe(index, torch.ones(2, D))
