"""What a table's optimizer reads: the sparse gradient that ``CodeBank.observe`` or ``observe_keys`` deposited."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["observed_rows"]


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
    grad = table.grad
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
