"""What every pairwise loss test needs: made unit rows and a plain loop for the log of a sum of exponentials."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn.functional import normalize


def unit_rows(n_rows: int, n_bits: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(n_rows, n_bits, generator=generator, dtype=dtype), dim=1)


def log_sum_exp(values: Iterable[float]) -> float:
    return math.log(sum(math.exp(value) for value in values))
