"""Bop: the keys themselves are binary parameters, flipped where their gradient keeps asking for it."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import torch
from torch import Tensor

from .._checks import interval, positive, positive_int
from .._row_checks import index_rows
from ..codes import sign
from ..without_waiting import sent
from .keys import mean_view
from .table_optimizer import TableOptimizer, finite_rows
from .table_rows import decode_rows, row_pieces, row_step

__all__ = ["Bop", "bop", "bop_threshold"]


def bop(
    code: Tensor, average: Tensor, grad: Tensor, *, gamma: float, threshold: float, idle: Tensor | int = 0
) -> tuple[Tensor, Tensor]:
    """Average gradients and flip the bits they contradict.

    ``m <- (1 - gamma)^(1 + idle) m + gamma g``, and a bit k flips where ``k m > threshold``.

    Args:
        code: (R, D) of +-1.
        average: (R, D) gradient averages m.
        grad: (R, D) gradients g with respect to the code.
        gamma: weight of the new gradient in (0, 1].
        threshold: in [0, inf).
        idle: steps since the row was last touched, (R, 1) or a number; each has decayed its average.

    Returns:
        New codes and new averages. At equality, and so for an average of 0 at threshold 0, nothing flips.

    Example:
        >>> code, average = torch.tensor([[1.0, -1.0, 1.0]]), torch.zeros(1, 3)
        >>> bop(code, average, torch.tensor([[0.5, 0.5, 0.2]]), gamma=0.5, threshold=0.1)
        (tensor([[-1., -1.,  1.]]), tensor([[0.2500, 0.2500, 0.1000]]))
    """
    average = (1 - gamma) ** (1 + idle) * average + gamma * grad
    return torch.where(code * average > threshold, -code, code), average


def bop_threshold(gamma: float, *, batch_size: int, temperature: float, n_bits: int, scale: float = 1.0) -> float:
    """Scale the flip threshold to the gradients of the contrastive hashing loss: ``scale * gamma * 2 / (B T D)``.

    A positive key of a batch of B receives gradients of about ``2 / (B T D)`` per bit, so that with ``scale`` 1 one
    contradiction by both modalities of a pair flips a bit, whatever B, T and D. A fixed 1e-8, the default elsewhere,
    means this at 64 bits and B = 256 only.

    Args:
        gamma: of :class:`Bop`.
        batch_size, temperature, n_bits: B, T and D of the loss.
        scale: in (0, inf); 1 by default, .5 to 4 worth trying.
    """
    positive("scale", scale)
    return scale * gamma * 2 / (positive_int("batch_size", batch_size) * positive("temperature", temperature) * n_bits)


class Bop(TableOptimizer):
    """Flip the bits of binary keys by averaged gradients, without latent values or a learning rate.

    For every row that received a gradient g since the last step, ``m <- (1 - gamma) m + gamma g``; a bit k flips where
    ``k m > threshold``: the average must point along the bit, the direction in which the loss grows, and be longer
    than the threshold. Averages of other rows decay when they are next touched, by the steps missed, which gives
    what decaying them at every step would: a row without a gradient never flips.

    Deposit gradients with :func:`~ucch.optim.observe_keys`; gradients of one row add up.

    Args:
        params: tables of :class:`~ucch.optim.CodeBank`, or param groups; binary, that is all magnitudes equal.
        gamma: weight of a new gradient in (0, 1]; 1e-4 as in larq.
        threshold: in [0, inf); 1e-8 as in larq. :func:`bop_threshold` scales it to the loss.
        strict: refuse a gradient that is no finite number instead of leaving its row out (default False).

    Shape:
        - every parameter: (N, D), the table of a :class:`~ucch.optim.CodeBank`.

    Attributes:
        state: for every table ``average`` (N, D), ``seen`` (N,) the step that last touched a row, and the counts of
            :class:`~ucch.optim.TableOptimizer`. Memory 4 N D + 8 N bytes beside the table.

    Raises:
        ValueError: an option is outside its range, or a table is not binary; at :meth:`step` with ``strict``, a
            gradient is no finite number.
        TypeError: at :meth:`step`, a table has a gradient in ``.grad``.

    Note:
        larq turns a bit at exactly the threshold into +1; here a tie never flips. The initial keys are the table's;
        :meth:`overwrite` sets them from outputs, as a warm-up does. Cost O(R D) for R touched rows.

    Reference:
        Helwegen et al., "Latent Weights Do Not Exist: Rethinking Binarized Neural Network Optimization", NeurIPS 2019.

    Example:
        >>> from ucch.optim import CodeBank, deposit
        >>> bank = CodeBank(n_codes=4, n_bits=2)
        >>> optimizer = Bop(bank.parameters(), gamma=1.0, threshold=0.1)
        >>> before = bank.codes(torch.tensor([2]))
        >>> grad = before * torch.tensor([[0.3, -0.3]])
        >>> deposit(bank.latent, torch.tensor([2]), grad)
        >>> optimizer.step()
        >>> bank.codes(torch.tensor([2])) * before  # the first bit flipped
        tensor([[-1.,  1.]])
    """

    total = True
    rests = False

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        *,
        gamma: float = 1e-4,
        threshold: float = 1e-8,
        strict: bool = False,
    ) -> None:
        super().__init__(params, {"gamma": gamma, "threshold": threshold, "strict": strict})

    def check(self, options: dict[str, Any]) -> None:
        """Refuse gamma outside (0, 1] and a negative threshold."""
        interval("gamma", options["gamma"], 0.0, 1.0)
        positive("gamma", options["gamma"])
        interval("threshold", options["threshold"], 0.0, inf, open_high=True)

    def check_table(self, table: Tensor) -> None:
        """Refuse a table whose entries differ in magnitude, by more than the step of an int8 table."""
        bounds = [decode_rows(rows).abs().aminmax() for rows in row_pieces(table.detach()) if rows.numel()]
        if not bounds:
            return
        low, high = min(float(piece.min) for piece in bounds), max(float(piece.max) for piece in bounds)
        if low <= 0 or high > low + row_step(table):
            raise ValueError(
                "a table of Bop must be binary, all its entries of one magnitude,"
                f" got magnitudes from {low:.4g} to {high:.4g}; a new CodeBank is"
            )

    def row_state(self, table: Tensor) -> dict[str, Tensor]:
        """The gradient averages, and the step that last touched each row."""
        wide = torch.promote_types(table.dtype, torch.float32) if table.is_floating_point() else torch.float32
        average = torch.zeros(table.shape, dtype=wide, device=table.device)
        return {"average": average, "seen": torch.zeros(len(table), dtype=torch.int64, device=table.device)}

    @torch.no_grad()
    def overwrite(self, table: Tensor, index: Tensor, *views: Tensor) -> None:
        """Set the bits of rows to the signs of the mean of their views, and count the flips.

        Args:
            table: one of the parameters.
            index: (B,) rows.
            views: one or more (B, D) outputs of those pairs; rows that are no finite numbers are left out, as in a
                step.

        Raises:
            ValueError: ``table`` is none of the parameters; with ``strict``, a row is no finite number.
        """
        index_rows("index", index, len(table))
        strict = self.group_of(table)["strict"]
        rows, target = sent(index, table.device), mean_view(*views).to(table.device)
        moves = finite_rows(target)
        self.leave_out(table, rows, ~moves, n_rows=torch.ones_like(moves), strict=strict)
        if self.taken is not None:
            moves = moves & self.taken
        old = decode_rows(table[rows])
        new = torch.where(moves[:, None], sign(target).to(old.dtype) * old.abs(), old)
        self.write(table, rows, new, old=old, moved=moves)

    def rule(self, old: Tensor, target: Tensor, memory: dict[str, Tensor], options: dict[str, Any]) -> Tensor:
        """:func:`bop` with the gradient ``old - target`` of ``|v - target|^2 / 2``."""
        return self.move(old, old - target, memory, options)

    def move(self, old: Tensor, gradient: Tensor, memory: dict[str, Tensor], options: dict[str, Any]) -> Tensor:
        """:func:`bop`."""
        idle = (memory["step"].to(old.device) - 1 - memory["seen"])[:, None]
        codes, memory["average"] = bop(
            sign(old),
            memory["average"],
            gradient.to(memory["average"].dtype),
            gamma=options["gamma"],
            threshold=options["threshold"],
            idle=idle,
        )
        memory["seen"] = memory["step"].to(old.device).expand(len(old))
        return codes * old.abs()
