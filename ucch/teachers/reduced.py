"""Wide features by their leading directions."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.utils.extmath import randomized_svd
from torch import Tensor

__all__ = ["reduced"]


def reduced(features: Tensor, width: int) -> Tensor:
    """Keep the leading ``width`` directions of wide features, by a randomised SVD from a fixed start: (N, d).

    Features of at most ``width`` columns, or rows, come back as they are. O(N d width) work.
    """
    if min(features.shape) <= width:
        return features
    left, values, _ = randomized_svd(features.numpy(), width, n_oversamples=10, n_iter=2, random_state=0)
    return torch.from_numpy(np.ascontiguousarray(left * values))
