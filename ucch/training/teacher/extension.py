"""A teacher that was fitted to some of the pairs describes all of them, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...data import Pairs

__all__ = ["extended_rows"]

_AT_ONCE = 4096  # pairs


@torch.no_grad()
def extended_rows(
    pairs: Pairs, describe: Callable[[Pairs], Tensor], *, on_rows: Callable[[int, int], None] | None = None
) -> Tensor:
    """Rows of N pairs, in half precision: 2 N d bytes, and what describing 4,096 pairs takes.

    Args:
        pairs: whose features are read in order, once.
        describe: gives some of them rows, (n, d) real.
        on_rows: called with the pairs described and those in all.

    Returns:
        (N, d) float16; unit rows, rounded by at most 2^-11 of each number, so that an inner product of two is off by at
        most 2^-10.
    """
    rows = torch.empty(0)
    for start in range(0, len(pairs), _AT_ONCE):
        some = normalize(describe(pairs.take(slice(start, start + _AT_ONCE))).float(), dim=1)
        if not start:
            rows = torch.empty(len(pairs), some.shape[1], dtype=torch.float16)
        rows[start : start + len(some)] = some
        if on_rows is not None:
            on_rows(start + len(some), len(pairs))
    return rows
