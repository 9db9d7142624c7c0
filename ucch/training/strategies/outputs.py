"""Real outputs of all training pairs at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...data import Pairs
from ...data.arrays import row_chunks
from ...models import HashModel

__all__ = ["pair_outputs"]


@torch.no_grad()
def pair_outputs(model: HashModel, pairs: Pairs) -> tuple[Tensor, Tensor]:
    """Run both towers over all pairs, a few thousand rows at a time: (N, D) outputs u of images and of texts."""
    device = next(model.parameters()).device

    def run(features: Any, outputs: Callable[[Tensor], Tensor]) -> Tensor:
        chunks = (torch.from_numpy(np.array(features[rows])).to(device) for rows in row_chunks(features, 4096))
        return torch.cat([outputs(chunk) for chunk in chunks])

    return run(pairs.image, model.image_outputs), run(pairs.text, model.text_outputs)
