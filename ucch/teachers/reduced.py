"""Wide features by their leading directions, and other items' by the same."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.utils.extmath import randomized_svd
from torch import Tensor

__all__ = ["reduced"]


def reduced(features: Tensor, width: int) -> tuple[Tensor, Tensor | None]:
    """Keep the leading ``width`` directions of wide features, by a randomised SVD from a fixed start.

    Returns:
        (N, width) and the directions V (d, width), by which features F of other items are reduced to F V; features of
        at most ``width`` columns, or rows, come back as they are, with None. O(N d width) work.
    """
    if min(features.shape) <= width:
        return features, None
    left, values, right = randomized_svd(features.numpy(), width, n_oversamples=10, n_iter=2, random_state=0)
    kept, directions = (np.ascontiguousarray(part) for part in (left * values, right.T))
    return torch.from_numpy(kept), torch.from_numpy(directions)
