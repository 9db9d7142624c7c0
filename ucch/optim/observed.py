"""What a table was observed with: left by ``CodeBank.observe`` or ``observe_keys``, read by its optimizer."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["deposit", "forget", "is_observed", "observed_rows"]


def deposit(table: Tensor, rows: Tensor, values: Tensor) -> None:
    """Add a sparse gradient to what a table has been observed with.

    It stands in ``table.grad``, in the dtype of the table as torch demands. An int8 table, to which torch gives no
    gradient, carries it in float32 as its attribute ``observed``.

    Args:
        table: (N, D) parameter.
        rows: (B,) row numbers.
        values: (B, D) gradients of those rows.
    """
    before = _deposited(table)
    values = values.to(table.dtype if table.is_floating_point() else torch.float32)
    if before is not None:
        rows, values = torch.cat([before._indices()[0], rows]), torch.cat([before._values(), values])
    gradient = torch.sparse_coo_tensor(rows[None], values, table.shape, check_invariants=False)
    if table.is_floating_point():
        table.grad = gradient
    else:
        setattr(table, "observed", gradient)  # noqa: B010 - mypy knows no such attribute


def is_observed(table: Tensor) -> bool:
    """Whether the table waits for a step."""
    return _deposited(table) is not None


def forget(table: Tensor) -> None:
    """Drop what was deposited."""
    table.grad = None
    if hasattr(table, "observed"):
        delattr(table, "observed")


def observed_rows(table: Tensor, *, total: bool = False) -> tuple[Tensor, Tensor]:
    """Collect the observed rows of a table, each once.

    Args:
        table: (N, D) parameter whose gradient is sparse.
        total: add up what was deposited on a row, as gradients of a loss do; by default it is averaged, as separate
            observations of one row are.

    Returns:
        Row numbers (R,), ascending, and for each the mean (or sum) of the gradients deposited on it, (R, D), in at
        least float32. O(B D + B log B) for B deposited rows.

    Raises:
        TypeError: the gradient is dense.
    """
    grad = _deposited(table)
    if grad is None or not grad.is_sparse:
        raise TypeError(
            "the gradient of a code table must be the sparse one that CodeBank.observe deposits,"
            f" got {'none' if grad is None else 'a dense one'}; keep the table out of the loss"
        )
    rows, inverse, counts = torch.unique(grad._indices()[0], return_inverse=True, return_counts=True)
    values = grad._values()
    values = values.to(torch.promote_types(values.dtype, torch.float32))
    added = values.new_zeros(len(rows), table.shape[1]).index_add_(0, inverse, values)
    return rows, added if total else added / counts[:, None]


def _deposited(table: Tensor) -> Tensor | None:
    found: Tensor | None = table.grad if table.is_floating_point() else getattr(table, "observed", None)
    return found
