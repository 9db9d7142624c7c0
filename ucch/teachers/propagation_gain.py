"""Whether neighbours of neighbours are alike: a label-free test of a propagated similarity on unseen dimensions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .._checks import interval
from .agreement import check_items, nearest_mask
from .joint_semantics import joint_rows, joint_semantics_rows

__all__ = ["propagation_gain"]


def propagation_gain(
    image: Tensor,
    text: Tensor,
    *,
    share: float = 0.1,
    propagate: Callable[[Tensor, Tensor], Tensor] = joint_semantics_rows,
    seed: int = 0,
) -> float:
    """How much better a propagated similarity foretells unseen dimensions than the plain cosines do.

    The columns of either modality are halved at random. On one half the nearest items are found twice, by the mean
    cosine of both modalities and by the similarity propagated from it; either list is compared with the nearest by
    mean cosine on the other half, which neither has seen. Propagation averages over neighbours: where items come in
    groups that keeps what their members share and drops noise, and the unseen half agrees better; where an item is more
    than its group, it drops what the unseen half has too.

    Args:
        image: (n, dx) scaled features of a sample of training items, dx >= 2.
        text: (n, dy), the same items, dy >= 2.
        share: in (0, 1], of the sample that counts as near.
        propagate: (image, text) to rows whose inner products are the similarity.
        seed: draws the halves.

    Returns:
        Agreement with the unseen half after propagation over that before it, both halves taking both parts: above 1
        where propagation helps. O(n^2 (dx + dy)) and twice what ``propagate`` takes.

    Raises:
        ValueError: the rows do not match, are fewer than two, or a modality has one column.

    Note:
        **Ours**: split-half reliability, as tests are judged by in psychometrics, of neighbourhoods.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> group = 2 * torch.eye(4)[torch.arange(200) % 4].repeat(1, 10)
        >>> noisy = [group + torch.randn(200, 40, generator=generator) for _ in range(2)]
        >>> propagation_gain(*noisy) > 1.0
        True
    """
    interval("share", share, 0.0, 1.0)
    check_items(image, text)
    generator = torch.Generator().manual_seed(seed)
    halves = list(zip(_halves("image", image, generator), _halves("text", text, generator), strict=True))
    plain = [joint_rows(*half) for half in halves]
    near = [nearest_mask(rows @ rows.T, share) for rows in plain]
    kept, gained = 0, 0
    for seen, unseen in ((0, 1), (1, 0)):
        rows = propagate(*halves[seen])
        kept += int((near[seen] & near[unseen]).sum())
        gained += int((nearest_mask(rows @ rows.T, share) & near[unseen]).sum())
    return gained / max(1, kept)


def _halves(name: str, features: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    if features.shape[1] < 2:
        raise ValueError(f"{name} must have at least two columns to be halved, got {features.shape[1]}")
    order = torch.randperm(features.shape[1], generator=generator)
    middle = len(order) // 2
    return features[:, order[:middle]], features[:, order[middle:]]
