"""Similarity of multi-hot labels: do two items share a class, and how much of what they carry do they share."""

from __future__ import annotations

import torch
from torch import Tensor

from .._checks import two_dimensional

__all__ = ["compact_label_similarity", "labels_overlap"]


def labels_overlap(first: Tensor, second: Tensor) -> Tensor:
    """Tell which items share at least one class: ``S_ij = [l_i . l_j > 0]``.

    Args:
        first: (B, C) multi-hot, bool or 0/1.
        second: (K, C) multi-hot, bool or 0/1.

    Returns:
        bool, (B, K). A row without any class shares none, not even with itself. O(B K C) multiply-adds.

    Raises:
        ValueError: a side is no matrix, or the class counts differ.

    Example:
        >>> labels_overlap(torch.eye(2), torch.tensor([[1, 1], [0, 1]]))
        tensor([[ True, False],
                [ True,  True]])
    """
    return _shared_classes(first, second) > 0


def compact_label_similarity(first: Tensor, second: Tensor) -> Tensor:
    """Compare labels on the classes that at least one of the two carries: ``s_ij = |l_i and l_j| / |l_i or l_j|``.

    Dropping the positions that both leave empty is the "compact" of compact consistent similarity; the share of the
    remaining positions that agree is the Jaccard index.

    Args:
        first: (B, C) multi-hot, bool or 0/1.
        second: (K, C) multi-hot, bool or 0/1.

    Returns:
        float32, (B, K) in [0, 1]: 1 for equal labels, 0 without a shared class and for a row without any class.
        O(B K C) multiply-adds.

    Raises:
        ValueError: a side is no matrix, or the class counts differ.

    Note:
        A reconstruction. The paper's abstract names the idea only; its equations were not available to us. Among
        agreement measures on the kept positions this is the simplest, and unlike cosine or inner product it does
        change when common zeros are dropped.

    Reference:
        Yi et al., "Multi-Label Weighted Contrastive Cross-Modal Hashing", Applied Sciences 14(1), 2024 (idea).

    Example:
        >>> compact_label_similarity(torch.tensor([[1, 1, 0]]), torch.tensor([[1, 0, 0], [0, 1, 1], [1, 1, 0]]))
        tensor([[0.5000, 0.3333, 1.0000]])
    """
    shared = _shared_classes(first, second)  # (B, K)
    carried = first.sum(dim=1).to(shared.dtype)[:, None] + second.sum(dim=1).to(shared.dtype)[None, :] - shared
    return shared / carried.clamp(min=1)


def _shared_classes(first: Tensor, second: Tensor) -> Tensor:
    two_dimensional("first", first)
    two_dimensional("second", second, first.shape[1])
    with torch.autocast(first.device.type, enabled=False):  # counts above 256 are not exact in bfloat16
        return first.to(torch.float32) @ second.to(torch.float32).T
