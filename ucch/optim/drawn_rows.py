"""Which rows of a table serve as negatives."""

from __future__ import annotations

import torch
from torch import Tensor

from ..without_waiting import sent

__all__ = ["draw_rows", "shared_rows"]


def draw_rows(
    n_codes: int, size: tuple[int, ...], *, generator: torch.Generator | None, device: torch.device
) -> Tensor:
    """Draw row numbers below ``n_codes`` with replacement: drawn where the generator is, then moved to ``device``."""
    if generator is None:  # apart, since torch.compile takes no generator into its graph, not even None
        return torch.randint(n_codes, size, device=device)
    return sent(torch.randint(n_codes, size, generator=generator, device=generator.device), device)


def shared_rows(n_codes: int, n_negatives: int, *, generator: torch.Generator | None, device: torch.device) -> Tensor:
    """K rows for a whole batch, (K,); where K >= N all rows, (N,), undrawn.

    Example:
        >>> shared_rows(3, 8, generator=None, device=torch.device("cpu"))
        tensor([0, 1, 2])
    """
    if n_negatives >= n_codes:
        return torch.arange(n_codes, device=device)
    return draw_rows(n_codes, (n_negatives,), generator=generator, device=device)
