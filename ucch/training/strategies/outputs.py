"""Real outputs of all training items at once."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...data import Items
from ...data.arrays import row_chunks
from ...models import HashModel

__all__ = ["pair_outputs"]


@torch.no_grad()
def pair_outputs(model: HashModel, pairs: Items) -> tuple[Tensor, ...]:
    """Run every tower over all items, a few thousand rows at a time: (N, D) outputs u of each view."""
    device = next(model.parameters()).device
    return tuple(
        torch.cat(
            [
                model.outputs(name, torch.from_numpy(np.array(features[rows])).to(device))
                for rows in row_chunks(features, 4096)
            ]
        )
        for name, features in pairs.views.items()
    )
