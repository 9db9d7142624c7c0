"""A code table that starts at the codes of the towers' start, so that warm-up begins with real codes."""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch

from ..codes import sign
from ..data import Items
from ..models import HashModel
from .strategies import Strategy
from .strategies.outputs import pair_outputs

__all__ = ["start_table"]

_PAIRS = 1 << 16  # at a time


@torch.no_grad()
def start_table(strategy: Strategy, model: HashModel, pairs: Items) -> None:
    """Set the row of every item to the signs of its mean output; of several captions the first counts.

    O(N d D) work for d columns in all, 65,536 items at a time. A table cut by rows takes its own.
    """
    bank = strategy.bank
    own = getattr(bank, "own", slice(0, len(pairs)))
    for first in range(own.start, own.stop, _PAIRS):
        rows = np.arange(first, min(first + _PAIRS, own.stop))
        some = pairs.take(rows)
        outputs = dict(zip(some.names, pair_outputs(model, some), strict=True))
        if not some.all_complete:
            outputs = {name: u * torch.from_numpy(some.seen[name])[:, None].to(u) for name, u in outputs.items()}
        ones = [u[torch.from_numpy(some.first_of(name))] for name, u in outputs.items()]
        codes = sign(torch.stack(ones).sum(dim=0)) / sqrt(model.n_bits)
        strategy.optimizer.write(bank.latent, torch.from_numpy(rows - own.start), codes)
