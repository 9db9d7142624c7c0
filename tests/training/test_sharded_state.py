"""The state of a table in parts is the state of the whole."""

from __future__ import annotations

import torch

from ucch.collectives import World
from ucch.optim import CodeBank, MomentumBinary, ShardedCodeBank
from ucch.training.sharded_state import ShardedCounts, ShardedTable


def test_each_process_takes_its_rows_and_the_first_the_counts() -> None:
    whole = CodeBank(10, 4)
    binary = MomentumBinary(whole.parameters())
    whole.observe(torch.arange(10), torch.randn(10, 4, generator=torch.Generator().manual_seed(0)))
    binary.step()
    counts = {name: int(value) for name, value in binary.state[whole.latent].items()}
    parts = [ShardedCodeBank(10, 4, world=World(rank, 3)) for rank in range(3)]
    for rank, part in enumerate(parts):
        optimizer = MomentumBinary(part.parameters())
        ShardedTable(part).load_state_dict(whole.state_dict())
        ShardedCounts(optimizer, World(rank, 3)).load_state_dict(binary.state_dict())
        found = {name: int(value) for name, value in optimizer.state[part.latent].items()}
        assert found == (counts if rank == 0 else {"step": 1, "flips": 0, "rows": 0, "nonfinite": 0})
    assert torch.equal(torch.cat([part.latent for part in parts]), whole.latent)
