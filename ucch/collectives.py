"""What several processes say to one another; with one process, every call answers at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import FunctionCtx

__all__ = ["World"]


@dataclass(frozen=True)
class World:
    """A process among those of the default process group of torch.

    All but :meth:`sizes` and :meth:`share` are collective: every process makes the same calls in the same order.

    Args:
        rank: number of this process, from 0.
        size: W, how many there are. 1 needs no process group, and every result is the argument itself.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def current(cls) -> World:
        """The default process group, or one process where there is none."""
        if not (dist.is_available() and dist.is_initialized()):
            return cls()
        return cls(dist.get_rank(), dist.get_world_size())

    def sizes(self, n: int) -> list[int]:
        """How many of ``n`` rows each process takes: shares that differ by one at most, longer ones first."""
        return [n // self.size + (rank < n % self.size) for rank in range(self.size)]

    def share(self, n: int) -> slice:
        """The rows of this process among ``n``, consecutive, in the order of ranks."""
        sizes = self.sizes(n)
        start = sum(sizes[: self.rank])
        return slice(start, start + sizes[self.rank])

    def gather(self, rows: Tensor, sizes: Sequence[int] | None = None) -> Tensor:
        """Put the rows of all processes together, in the order of ranks, differentiably.

        In the backward pass each process receives the sum of what all of them send to its rows, so that the
        processes' losses, added up, have the gradient of their sum.

        Args:
            rows: (b, ...) of this process; the other sizes and the dtype must agree.
            sizes: b of every process, where it is known; otherwise they are exchanged first.

        Returns:
            (B, ...), B the sum of all b. Each process receives ``W max(b)`` rows.
        """
        if self.size == 1:
            return rows
        sizes = self.counts(len(rows)) if sizes is None else list(sizes)
        out: Tensor = _Gather.apply(rows, self.rank, sizes)
        return out

    def collect(self, rows: Tensor, n: int) -> Tensor:
        """Put the shares (:meth:`share`) of ``n`` rows together on the CPU of process 0 alone; others keep their own.

        Beside the result, process 0 needs no memory.
        """
        if self.size == 1:
            return rows
        if self.rank:
            dist.send(rows.detach().cpu().contiguous(), 0)
            return rows
        whole = torch.empty(n, *rows.shape[1:], dtype=rows.dtype)
        whole[self.share(n)] = rows.detach().cpu()
        for source in range(1, self.size):
            dist.recv(whole[World(source, self.size).share(n)], source)
        return whole

    def sum(self, value: Tensor) -> Tensor:
        """Add up a tensor over the processes, without gradient; each gets the total."""
        if self.size == 1:
            return value
        total = value.detach().clone()
        dist.all_reduce(total)
        return total

    def tell(self, text: str) -> str:
        """The text of process 0, for all."""
        if self.size == 1:
            return text
        said = torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8) if text else torch.empty(0).byte()
        length = torch.tensor(len(said))
        dist.broadcast(length, 0)
        if self.rank:
            said = torch.empty(int(length), dtype=torch.uint8)
        if len(said):
            dist.broadcast(said, 0)
        return bytes(said.tolist()).decode()

    def wait(self) -> None:
        """Return when all processes are here."""
        self.sum(torch.zeros(()))

    def counts(self, n: int) -> list[int]:
        """The ``n`` of every process."""
        if self.size == 1:
            return [n]
        own = torch.tensor([n])
        found = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(found, own)
        return [int(size) for size in found]


class _Gather(torch.autograd.Function):
    """All rows in rank order; shorter shares travel padded, since collectives want equal ones."""

    @staticmethod
    def forward(ctx: FunctionCtx, rows: Tensor, rank: int, sizes: list[int]) -> Tensor:
        ctx.place = slice(sum(sizes[:rank]), sum(sizes[: rank + 1]))  # type: ignore[attr-defined]
        padded = rows.new_zeros(max(sizes), *rows.shape[1:])
        padded[: len(rows)] = rows
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        total = grads[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total[ctx.place], None, None
