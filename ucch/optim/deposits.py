"""What a table waits for a step with: left by ``CodeBank.observe`` or ``observe_keys``, read by its optimizer.

A deposit stands beside the table, not in its ``.grad``: a loss scaler, a gradient clipping or a ``zero_grad`` meant for
the towers has no business with it, and float32 is kept whatever the table's dtype.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..without_waiting import sent

__all__ = ["Collected", "WaitingTable", "collected", "deposit", "forget", "is_observed", "pending", "put_back"]

Deposit = tuple[Tensor, Tensor]


def deposit(table: Tensor, rows: Tensor, gradient: Tensor) -> None:
    """Add gradients to what a table waits for a step with; they do not enter ``table.grad``.

    Args:
        table: (N, D) parameter.
        rows: (B,) row numbers; a row may stand there more than once, here and over several calls.
        gradient: (B, D) of those rows; kept in float32, or wider where it is.
    """
    rows = sent(rows, table.device)
    values = gradient.detach().to(table.device, torch.promote_types(gradient.dtype, torch.float32))
    before = pending(table)
    if before is not None:
        rows, values = torch.cat([before[0], rows]), torch.cat([before[1], values])
    put_back(table, (rows, values))


def pending(table: Tensor) -> Deposit | None:
    """Row numbers (B,) and gradients (B, D) that wait for a step, as they were deposited, or None."""
    found: Deposit | None = getattr(table, "deposited", None)
    return found


def put_back(table: Tensor, waiting: Deposit | None) -> None:
    """Let a table wait with what :func:`pending` gave, as a copy of the table does."""
    forget(table)
    if waiting is not None:
        setattr(table, "deposited", waiting)  # noqa: B010 - mypy knows no such attribute


def is_observed(table: Tensor) -> bool:
    """Whether the table waits for a step."""
    return pending(table) is not None or table.grad is not None


def forget(table: Tensor) -> None:
    """Drop what was deposited."""
    table.grad = None
    if pending(table) is not None:
        delattr(table, "deposited")


class WaitingTable(nn.Module):
    """A module with a table, ``latent``, whose copies and pickles wait with the same deposit."""

    latent: nn.Parameter

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_waiting": pending(self.latent)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        put_back(self.latent, self.__dict__.pop("_waiting", None))  # torch copies a parameter without it


class Collected(NamedTuple):
    """What waits for a step, as many rows as were deposited, so that its size is known without looking at values.

    Attributes:
        rows: (B,) row numbers; a row that was deposited on more than once stands there as often.
        gradient: (B, D) of each row what was deposited on it in all, equal where the row is; at least float32.
        once: (B,) bool, true at one place of each row.
    """

    rows: Tensor
    gradient: Tensor
    once: Tensor


def collected(table: Tensor, *, total: bool = False) -> Collected:
    """Collect the rows that wait, without waiting for the device.

    Args:
        table: (N, D) parameter.
        total: add up what was deposited on a row, as gradients of a loss do; by default it is averaged, as separate
            observations of one row are.

    Returns:
        Rows, and for each the mean (or sum) of the gradients deposited on it. O(B D + B log B) for B deposited rows.

    Raises:
        TypeError: the table has a gradient of autograd, so a loss reaches it.
    """
    waiting = pending(table)
    if table.grad is not None or waiting is None:
        raise TypeError(
            "a code table must wait with what CodeBank.observe or observe_keys deposits, got"
            f" {'nothing' if table.grad is None else 'a gradient in .grad'}; keep the table out of the loss, whose keys"
            " are constants, and give gradients of your own with ucch.optim.deposit(table, rows, gradient)"
        )
    rows, values = waiting[0].to(table.device), waiting[1].to(table.device)
    ordered, order = rows.sort(stable=True)
    begins = torch.ones_like(ordered, dtype=torch.bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    place = torch.empty_like(rows).scatter_(0, order, begins.cumsum(0) - 1)  # of each deposit's row among the rows
    added = torch.zeros_like(values).index_add_(0, place, values)
    if not total:
        added = (
            added
            / values.new_zeros(len(rows)).index_add_(0, place, torch.ones_like(values[:, 0])).clamp(min=1)[:, None]
        )
    return Collected(rows, added[place], torch.empty_like(begins).scatter_(0, order, begins))
