"""Bop: the keys themselves are binary parameters, flipped where their gradient keeps asking for it."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import torch
from torch import Tensor

from .._checks import index_rows, interval, positive, positive_int
from ..codes import sign
from .keys import mean_view
from .observed import observed_rows
from .table_optimizer import TableOptimizer

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

    Shape:
        - every parameter: (N, D), with a sparse gradient on the touched rows.

    Attributes:
        state: for every table ``average`` (N, D), ``seen`` (N,) the step that last touched a row, and the counts
            ``step``, ``flips``, ``rows``, int64. Memory 4 N D + 8 N bytes beside the table.

    Raises:
        ValueError: an option is outside its range, or a table is not binary.
        TypeError: at :meth:`step`, a gradient is dense.

    Note:
        larq turns a bit at exactly the threshold into +1; here a tie never flips. The initial keys are the table's;
        :meth:`overwrite` sets them from outputs, as a warm-up does. Cost O(R D) for R touched rows.

    Reference:
        Helwegen et al., "Latent Weights Do Not Exist: Rethinking Binarized Neural Network Optimization", NeurIPS 2019.

    Example:
        >>> from ucch.optim import CodeBank
        >>> bank = CodeBank(n_codes=4, n_bits=2)
        >>> optimizer = Bop(bank.parameters(), gamma=1.0, threshold=0.1)
        >>> before = bank.codes(torch.tensor([2]))
        >>> grad = before * torch.tensor([[0.3, -0.3]])
        >>> bank.latent.grad = torch.sparse_coo_tensor([[2]], grad, (4, 2), check_invariants=True)
        >>> optimizer.step()
        >>> bank.codes(torch.tensor([2])) * before  # the first bit flipped
        tensor([[-1.,  1.]])
    """

    def __init__(
        self, params: Iterable[Tensor] | Iterable[dict[str, Any]], *, gamma: float = 1e-4, threshold: float = 1e-8
    ) -> None:
        super().__init__(params, {"gamma": gamma, "threshold": threshold})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add tables with options of their own; refuse options out of range and tables that are not binary."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        interval("gamma", group["gamma"], 0.0, 1.0)
        positive("gamma", group["gamma"])
        interval("threshold", group["threshold"], 0.0, inf, open_high=True)
        for table in group["params"]:
            _check_binary(table)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("threshold", 1e-8)

    @torch.no_grad()
    def overwrite(self, table: Tensor, index: Tensor, *views: Tensor) -> None:
        """Set the bits of rows to the signs of the mean of their views, and count the flips.

        Args:
            table: one of the parameters.
            index: (B,) rows.
            views: one or more (B, D) outputs of those pairs.
        """
        index_rows("index", index, len(table))
        codes = sign(mean_view(*views)).to(table.dtype)
        self._count(table, sign(table[index]) != codes)
        table[index] = codes * table[index].abs()

    def _update(self, table: Tensor, group: dict[str, Any]) -> None:
        rows, grad = observed_rows(table, total=True)
        state = self._state(table)
        state["step"] += 1
        idle = (state["step"] - 1 - state["seen"][rows])[:, None]
        old, average = table[rows], state["average"][rows]
        codes, average = bop(
            sign(old).to(average.dtype),
            average,
            grad.to(average.dtype),
            gamma=group["gamma"],
            threshold=group["threshold"],
            idle=idle,
        )
        state["average"][rows] = average
        state["seen"][rows] = state["step"]
        self._count(table, codes != sign(old))
        table[rows] = codes.to(table.dtype) * old.abs()

    def _count(self, table: Tensor, flipped: Tensor) -> None:
        state = self._state(table)
        state["flips"] += flipped.sum()
        state["rows"] += len(flipped)

    def _state(self, table: Tensor) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.state[table]
        if not state:
            device, counts = table.device, ("step", "flips", "rows")
            state["average"] = torch.zeros(
                table.shape, dtype=torch.promote_types(table.dtype, torch.float32), device=device
            )
            state["seen"] = torch.zeros(len(table), dtype=torch.int64, device=device)
            state.update({name: torch.zeros((), dtype=torch.int64, device=device) for name in counts})
        return state


def _check_binary(table: Tensor) -> None:
    magnitude = table.detach().abs()
    if magnitude.numel() and not (magnitude.min() == magnitude.max() and magnitude.min() > 0):
        raise ValueError(
            "a table of Bop must be binary, all its entries of one magnitude,"
            f" got magnitudes from {magnitude.min():.4g} to {magnitude.max():.4g}; a new CodeBank is"
        )
