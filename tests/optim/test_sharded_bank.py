"""A table cut by rows: it draws, shows and moves as the whole one does, and sends bits."""

from __future__ import annotations

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

    def count(parts: list[torch.Tensor], part: torch.Tensor) -> None:
        seen.append((part.dtype, sum(part.nbytes for part in parts)))
        gather(parts, part)

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
    with pytest.raises(ValueError, match="n_codes must be at least one for each of 4 processes, got 3"):
        ShardedCodeBank(3, D, world=World(0, 4))
    with pytest.raises(ValueError, match="views must have one row per entry of index, got 2 rows and 3 entries"):
        bank.observe(index, torch.ones(2, D))
