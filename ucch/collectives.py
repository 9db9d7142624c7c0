"""What several processes say to one another; with one process, every call answers at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import FunctionCtx

from .errors import DataError, RecipeError, RunError

__all__ = ["World"]

_KINDS = {
    kind.__name__: kind for kind in (ValueError, TypeError, IndexError, OSError, DataError, RecipeError, RunError)
}
_NUMBERS = 3  # that a check may give
_PIECE = 8 * 2**20  # bytes of rows that travel at once to process 0


@dataclass(frozen=True)
class World:
    """A process among those of the default process group of torch.

    All but :meth:`sizes` and :meth:`share` are collective: every process makes the same calls in the same order. What
    a process must check before it talks goes through :meth:`agree`, so that an error of one is an error of all. Tensors
    on the CPU travel by gloo: where the default group cannot carry them, as one of NCCL alone, a group of gloo is made
    beside it at the first need.

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

    def agree(self, check: Callable[[], Sequence[int]]) -> list[list[int]]:
        """Call a check in every process; where it fails in one, all raise the same error before anything is sent.

        Args:
            check: gives at most three numbers, as many in every process.

        Returns:
            The numbers that each found, by rank.

        Raises:
            Exception: of the lowest process that failed; in the others one of the same kind, where it is an error of
                arguments, data or files, or else :class:`~ucch.errors.RunError`, with the same text.
        """
        if self.size == 1:
            return [list(check())]
        error: Exception | None = None
        numbers: list[int] = []
        try:
            numbers = list(check())
        except Exception as failed:
            error = failed
        own = torch.tensor([error is not None, len(numbers), *numbers, *[0] * (_NUMBERS - len(numbers))])
        found = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(found, own, group=_group(own))
        failures = [rank for rank, one in enumerate(found) if one[0]]
        if failures:
            raise self._shared(error, failures[0])
        return [one[2 : 2 + int(one[1])].tolist() for one in found]

    def _shared(self, error: Exception | None, source: int) -> Exception:
        """The error of one process, for all."""
        kind, _, text = self.tell(f"{type(error).__name__}\n{error}", source).partition("\n")
        if self.rank == source and error is not None:
            return error
        return _KINDS.get(kind, RunError)(text)

    def same(self, name: str, value: Tensor) -> None:
        """Refuse, in all processes, a tensor that is not the same in all of them.

        Raises:
            ValueError: it differs from that of process 0.
        """
        if self.size == 1:
            return
        digest = hashlib.blake2b(value.detach().cpu().contiguous().view(torch.uint8).numpy().data, digest_size=7)
        digest.update(f"{value.dtype} {tuple(value.shape)}".encode())
        found = [numbers[0] for numbers in self.agree(lambda: [int.from_bytes(digest.digest(), "big")])]
        apart = [rank for rank, one in enumerate(found) if one != found[0]]
        if apart:
            raise ValueError(f"{name} must be the same in all processes, but that of process {apart[0]} is another")

    def spread(self, value: Tensor) -> Tensor:
        """The tensor of process 0, bit for bit, for all; shape, dtype and device must agree."""
        if self.size == 1:
            return value
        said = value.detach().clone(memory_format=torch.contiguous_format)
        dist.broadcast(said, 0, group=_group(said))
        return said

    def pieces(self, rows: Tensor, n: int) -> Iterator[Tensor]:
        """Give process 0 the shares (:meth:`share`) of ``n`` rows in their order, a few MiB at a time, on the CPU.

        Every process must go through the iterator to its end; in the others it sends their rows and yields nothing.
        """
        step = max(1, _PIECE // max(1, rows[:1].nbytes))
        own = (rows[start : start + step].detach().cpu().contiguous() for start in range(0, len(rows), step))
        if self.rank:
            for piece in own:
                dist.send(piece, 0, group=_group(piece))
            return
        yield from own
        for source, size in enumerate(self.sizes(n)[1:], 1):
            for start in range(0, size, step):
                piece = torch.empty(min(step, size - start), *rows.shape[1:], dtype=rows.dtype)
                dist.recv(piece, source, group=_group(piece))
                yield piece

    def collect(self, rows: Tensor, n: int) -> Tensor:
        """Put the shares (:meth:`share`) of ``n`` rows together on the CPU of process 0 alone; others keep their own.

        Beside the result, process 0 needs room for a piece of 8 MiB.
        """
        if self.size == 1:
            return rows
        whole, place = torch.empty(0 if self.rank else n, *rows.shape[1:], dtype=rows.dtype), 0
        for piece in self.pieces(rows, n):
            whole[place : place + len(piece)] = piece
            place += len(piece)
        return rows if self.rank else whole

    def sum(self, value: Tensor) -> Tensor:
        """Add up a tensor over the processes, without gradient; each gets the total."""
        if self.size == 1:
            return value
        total = value.detach().clone()
        dist.all_reduce(total, group=_group(total))
        return total

    def tell(self, text: str, source: int = 0) -> str:
        """The text of process 0, or of another ``source``, for all."""
        if self.size == 1:
            return text
        content = text.encode() if self.rank == source else b""
        length = torch.tensor(len(content))
        dist.broadcast(length, source, group=_group(length))
        said = torch.tensor(list(content), dtype=torch.uint8) if content else torch.empty(int(length)).byte()
        if len(said):
            dist.broadcast(said, source, group=_group(said))
        return bytes(said.tolist()).decode()

    def wait(self) -> None:
        """Return when all processes are here."""
        self.sum(torch.zeros(()))

    def counts(self, n: int) -> list[int]:
        """The ``n`` of every process."""
        return [numbers[0] for numbers in self.agree(lambda: [n])]


_cpu_groups: list[tuple[Any, Any]] = []  # the default group, and its other


def _group(tensor: Tensor) -> dist.ProcessGroup | None:
    """The group that carries a tensor: the default one, or one of gloo beside it, made by all at the first need."""
    default = dist.group.WORLD
    if tensor.device.type != "cpu" or "cpu:" in dist.get_backend_config():
        return default
    if not _cpu_groups or _cpu_groups[0][0] is not default:
        _cpu_groups[:] = [(default, dist.new_group(backend="gloo"))]
    made: dist.ProcessGroup = _cpu_groups[0][1]
    return made


class _Gather(torch.autograd.Function):
    """All rows in rank order; shorter shares travel padded, since collectives want equal ones."""

    @staticmethod
    def forward(ctx: FunctionCtx, rows: Tensor, rank: int, sizes: list[int]) -> Tensor:
        ctx.place = slice(sum(sizes[:rank]), sum(sizes[: rank + 1]))  # type: ignore[attr-defined]
        padded = rows.new_zeros(max(sizes), *rows.shape[1:])
        padded[: len(rows)] = rows
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded, group=_group(padded))
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        total = grads[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total, group=_group(total))
        return total[ctx.place], None, None
