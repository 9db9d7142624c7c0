"""The state of a table in parts is the state of the whole."""

from __future__ import annotations

import torch

from tests.processes import Processes
from ucch.collectives import World
from ucch.optim import CodeBank, MomentumBinary, ShardedCodeBank
from ucch.training.sharded_state import ShardedCounts, ShardedTable


def loaded(
    world: World, table: dict[str, torch.Tensor], binary: dict[str, object]
) -> tuple[torch.Tensor, dict[str, int]]:
    """Rows and counts of a process that takes up the state of the whole."""
    part = ShardedCodeBank(10, 4, world=world)
    optimizer = MomentumBinary(part.parameters())
    ShardedTable(part).load_state_dict(table)
    ShardedCounts(optimizer, world).load_state_dict(binary)
    return part.latent.detach(), {name: int(value) for name, value in optimizer.state[part.latent].items()}


def test_each_process_takes_its_rows_and_the_first_the_counts(processes: Processes) -> None:
    whole = CodeBank(10, 4)
    binary = MomentumBinary(whole.parameters())
    whole.observe(torch.arange(10), torch.randn(10, 4, generator=torch.Generator().manual_seed(0)))
    binary.step()
    counts = {name: int(value) for name, value in binary.state[whole.latent].items()}
    answers = processes.run(loaded, whole.state_dict(), binary.state_dict())
    for rank, (_, found) in enumerate(answers):
        assert found == (counts if rank == 0 else {"step": 1, "flips": 0, "rows": 0, "nonfinite": 0})
    assert torch.equal(torch.cat([rows for rows, _ in answers]), whole.latent)
