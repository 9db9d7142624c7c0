"""How far a row of the table follows each view: as far as codes of that view are alike among its neighbours."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

__all__ = ["neighbor_correlation", "view_weights"]

_LEAST = 1e-3  # correlation of a view whose neighbours say nothing; none is left out altogether
_SAME = 1e-6  # squared distance, as a share of both squared lengths, up to which two rows are the same item


@torch.no_grad()
def neighbor_correlation(features: Tensor, h: Tensor, seen: Tensor | None = None) -> Tensor:
    """Correlate the query of each item with that of the item whose features are nearest, among those of a batch.

    Args:
        features: (B, d) of one view.
        h: (B, D) unit queries of the same items.
        seen: (B,) bool, which items have the view; all by default. The others are not looked at.

    Returns:
        Scalar r = (mean h_i . h_j(i) - |m|^2) / (1 - |m|^2) with m the mean query and j(i) the nearest item that is not
        i and not i again, by Euclidean distance; between -1 and 1, and 0 where all queries are one, or fewer than two
        items differ. O(B^2 d) multiply-adds, O(B^2) memory; an accelerator is not waited for.

    Example:
        >>> h = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
        >>> neighbor_correlation(torch.tensor([[0.0], [1.0], [5.0], [6.0]]), h)
        tensor(1.)
        >>> neighbor_correlation(torch.tensor([[0.0], [5.0], [1.0], [6.0]]), h)
        tensor(-1.)
    """
    features, h = (part.detach().to(torch.promote_types(part.dtype, torch.float32)) for part in (features, h))
    with torch.autocast(features.device.type, enabled=False):
        square = features.square().sum(dim=1)
        lengths = square[:, None] + square
        apart = lengths - 2 * features @ features.T
        others = apart > _SAME * lengths
        others.fill_diagonal_(False)
        if seen is not None:
            others &= seen & seen[:, None]
        near = apart.masked_fill(~others, float("inf")).argmin(dim=1)
        there = others.any(dim=1).to(h.dtype)
        count = there.sum().clamp(min=1)
        mean = (there @ h) / count
        shared = mean.square().sum()
        alike = there @ (h * h[near]).sum(dim=1) / count
        return (alike - shared) * there.amax() / (1 - shared).clamp(min=1e-4)


def view_weights(
    features: Mapping[str, Tensor], h: Mapping[str, Tensor], seen: Mapping[str, Tensor] | None = None
) -> dict[str, Tensor]:
    """Weigh views by the share of variance that a neighbour in their features explains of their codes, r^2.

    Args:
        features: by the name of each view (B, d).
        h: by the name of each view (B, D) unit queries.
        seen: by the name of each view (B,) bool, which items have it; None where all have all.

    Returns:
        By name a scalar: the square of :func:`neighbor_correlation`, which counts as 0.001 at least.
    """
    return {
        name: neighbor_correlation(rows, h[name], None if seen is None else seen[name]).clamp(min=_LEAST).square()
        for name, rows in features.items()
    }
