"""The state of a table cut by rows, saved whole: a run may go on with another number of processes."""

from __future__ import annotations

from typing import Any

import torch

from ..collectives import World
from ..optim import ShardedCodeBank, TableOptimizer
from ..runs.row_stream import RowStream

__all__ = ["ShardedCounts", "ShardedTable"]

_ADDED = ("flips", "rows", "nonfinite")


class ShardedTable:
    """Save and load a :class:`~ucch.optim.ShardedCodeBank` as the whole :class:`~ucch.optim.CodeBank` it stands for.

    Args:
        bank: this process's rows.
    """

    def __init__(self, bank: ShardedCodeBank) -> None:
        self.bank = bank

    def state_dict(self) -> dict[str, Any]:
        """The whole table as a stream of rows that :func:`~ucch.runs.checkpoint.save_state` goes through."""
        bank, rows = self.bank, self.bank.latent.detach()
        return {"latent": RowStream(rows.dtype, (bank.n_codes, bank.n_bits), bank.world.pieces(rows, bank.n_codes))}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take own rows out of the whole table."""
        with torch.no_grad():
            self.bank.latent.copy_(state_dict["latent"][self.bank.own])


class ShardedCounts:
    """Save and load the optimizer of a sharded table with the counts of all processes added up.

    Args:
        optimizer: of the shard; its state must hold counts only, none of them per row.
        world: the processes.
    """

    def __init__(self, optimizer: TableOptimizer, world: World) -> None:
        self.optimizer, self.world = optimizer, world

    def state_dict(self) -> dict[str, Any]:
        """The state as one process would have it, in all of them. Collective."""
        state = self.optimizer.state_dict()
        sums = {
            number: {name: self.world.sum(value) if name in _ADDED else value for name, value in counts.items()}
            for number, counts in state["state"].items()
        }
        return {**state, "state": sums}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the state over; process 0 counts on from the sums, the others from nothing."""
        self.optimizer.load_state_dict(state_dict)
        for state in self.optimizer.state.values():
            for name in set(_ADDED) & state.keys() if self.world.rank else ():
                state[name].zero_()
