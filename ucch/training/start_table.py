"""A code table that starts at the codes of the towers' start, so that warm-up begins with real codes."""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch

from ..codes import sign
from ..data import Pairs
from ..models import HashModel
from .strategies import Strategy
from .strategies.outputs import pair_outputs

__all__ = ["start_table"]

_PAIRS = 1 << 16  # at a time


@torch.no_grad()
def start_table(strategy: Strategy, model: HashModel, pairs: Pairs) -> None:
    """Set the row of every pair to the signs of its mean output; of several captions the first counts.

    O(N (dx + dy) D) work, 65,536 pairs at a time. A table cut by rows takes its own.
    """
    bank = strategy.bank
    own = getattr(bank, "own", slice(0, len(pairs)))
    for first in range(own.start, own.stop, _PAIRS):
        rows = np.arange(first, min(first + _PAIRS, own.stop))
        some = pairs.take(rows)
        image, text = pair_outputs(model, some)
        if not some.all_complete:
            image, text = (
                u * torch.from_numpy(some.seen[kind])[:, None].to(u) for u, kind in ((image, "image"), (text, "text"))
            )
        codes = sign(image + text[torch.from_numpy(some.first_text)]) / sqrt(image.shape[1])
        strategy.optimizer.write(bank.latent, torch.from_numpy(rows - own.start), codes)
