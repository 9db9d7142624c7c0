"""Whether neighbours of neighbours are alike: a label-free test of a propagated similarity on unseen dimensions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .._checks import interval, positive_int
from .agreement import check_items, nearest_mask
from .joint_semantics import joint_rows, joint_semantics_rows

__all__ = ["propagation_gain"]


def propagation_gain(
    image: Tensor,
    text: Tensor,
    *,
    share: float = 0.1,
    propagate: Callable[[Tensor, Tensor], Tensor] = joint_semantics_rows,
    n_splits: int = 1,
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
        n_splits: times the columns are halved anew; few items want several. The agreements are added up.
        seed: draws the halves.

    Returns:
        Agreement with the unseen half after propagation over that before it, both halves taking both parts: above 1
        where propagation drops noise, about 1 where groups stand so clear that there is none to drop, below 1 where it
        loses what tells the members of a group apart. n_splits times O(n^2 (dx + dy)) and two calls of ``propagate``.

    Raises:
        ValueError: the rows do not match, are fewer than two, or a modality has one column.

    Note:
        **Ours**: split-half reliability, as tests are judged by in psychometrics, of neighbourhoods.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> group = torch.eye(4)[torch.arange(200) % 4].repeat(1, 10)
        >>> noisy = [group + torch.randn(200, 40, generator=generator) for _ in range(2)]
        >>> propagation_gain(*noisy, share=0.2) > 1.0
        True
    """
    interval("share", share, 0.0, 1.0)
    check_items(image, text)
    generator = torch.Generator().manual_seed(seed)
    kept, gained = 0, 0
    for _ in range(positive_int("n_splits", n_splits)):
        halves = list(zip(_halves("image", image, generator), _halves("text", text, generator), strict=True))
        near = [_nearest(joint_rows(*half), share) for half in halves]
        kept += 2 * int((near[0] & near[1]).sum())
        gained += sum(
            int((_nearest(propagate(*seen), share) & unseen).sum())
            for seen, unseen in zip(halves, reversed(near), strict=True)
        )
    return gained / max(1, kept)


def _nearest(rows: Tensor, share: float) -> Tensor:
    return nearest_mask(rows @ rows.T, share)


def _halves(name: str, features: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    if features.shape[1] < 2:
        raise ValueError(f"{name} must have at least two columns to be halved, got {features.shape[1]}")
    order = torch.randperm(features.shape[1], generator=generator)
    middle = len(order) // 2
    return features[:, order[:middle]], features[:, order[middle:]]
