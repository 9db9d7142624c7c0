"""The constants a query is compared with: one positive key and many negative keys per pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from .._checks import same_shape, two_dimensional
from .._row_checks import index_rows
from ..codes import sign

__all__ = ["Keys", "drawn_similarities", "in_batch_keys"]

_CHUNK_ELEMENTS = 2**22  # gathered numbers at a time: 16 MiB of float32


@dataclass(frozen=True)
class Keys:
    """Positive and negative keys of a batch; constants, so no gradient ever reaches the code table through them.

    Args:
        positives: (B, D), the key of each pair.
        negatives: (K, D), shared by the batch; with ``columns``, the (N, D) table those columns point into.
        norm: length of one key, sqrt(D) for +-1 codes and 1 for unit rows, so that similarities are cosines.
        columns: None, or (B, K) row numbers of ``negatives`` drawn for each anchor.
        log_weights: None, or (B, K) added to the logits of the negatives: minus infinity leaves a negative out,
            the logarithm of a weight counts it that often.
        rows: None where the negatives are the batch itself, or the table row of each of ``negatives``, int64.
    """

    positives: Tensor
    negatives: Tensor
    norm: float
    columns: Tensor | None = None
    log_weights: Tensor | None = None
    rows: Tensor | None = None

    def similarities(self, h: Tensor) -> Tensor:
        """Cosine of every unit query with its positive (column 0) and its negatives.

        Args:
            h: (B, D) queries of unit length.

        Returns:
            (B, 1 + K) in [-1, 1], differentiable in ``h`` and in its dtype, whatever autocast says: positives and
            negatives are of one precision. O(B K D) multiply-adds and O(B K) memory where the negatives are shared;
            with ``columns`` see :func:`drawn_similarities`.

        Raises:
            ValueError: ``h`` does not have the shape of ``positives``.
        """
        same_shape("h", h, "keys.positives", self.positives)
        with torch.autocast(h.device.type, enabled=False):  # it would round the products with the negatives alone
            own = (h * self.positives.to(h.dtype)).sum(dim=1, keepdim=True)  # (B, 1)
            negatives = self.negatives.to(h.dtype)
            others = h @ negatives.T if self.columns is None else drawn_similarities(h, negatives, self.columns)
            return torch.cat([own, others], dim=1) / self.norm

    def shared(self) -> tuple[Tensor, Tensor, float, Tensor | None] | None:
        """``(positives, negatives, norm, log_weights)`` where all anchors share the negatives; else None.

        Of this :meth:`similarities` are made, for a loss that makes them itself.
        """
        return None if self.columns is not None else (self.positives, self.negatives, self.norm, self.log_weights)

    def to(self, device: torch.device | str) -> Keys:
        """Move the keys to where the queries are, from a table kept elsewhere."""
        tensors: dict[str, Any] = {
            name: value.to(device) for name, value in vars(self).items() if isinstance(value, Tensor)
        }
        return replace(self, **tensors)

    def of(self, anchors: slice) -> Keys:
        """The keys of some pairs of the batch, as one of several processes needs them."""
        columns, weights = (None if part is None else part[anchors] for part in (self.columns, self.log_weights))
        return replace(self, positives=self.positives[anchors], columns=columns, log_weights=weights)

    def excluding(self, excluded: Tensor) -> Keys:
        """Leave out the negatives marked in ``excluded``, a (B, K) boolean mask."""
        if self.log_weights is None:
            return replace(self, log_weights=torch.where(excluded, float("-inf"), 0.0).float())
        return replace(self, log_weights=self.log_weights.masked_fill(excluded, float("-inf")))


def in_batch_keys(*views: Tensor) -> Keys:
    """Build the warm-up keys: the signs of the mean views of the batch itself, every other pair a negative.

    Used by the published code before the table holds anything worth comparing with; the paper does not mention it.

    Args:
        views: one or more (B, D) outputs of the same pairs.

    Returns:
        Keys of B positives and B negatives of which each pair's own is left out.

    Example:
        >>> keys = in_batch_keys(torch.tensor([[0.6, 0.8], [0.8, -0.6]]))
        >>> keys.positives
        tensor([[ 1.,  1.],
                [ 1., -1.]])
    """
    codes = sign(mean_view(*views))
    own = torch.eye(codes.shape[0], dtype=torch.bool, device=codes.device)
    return Keys(codes, codes, norm=sqrt(codes.shape[1])).excluding(own)


def observed_target(index: Tensor, *views: Tensor, n_codes: int, n_bits: int) -> Tensor:
    """What rows ``index`` of a table of N codes of D bits are drawn towards: the mean of their views, (B, D).

    Raises:
        TypeError, ValueError: ``index`` or the views have the wrong kind or shape.
    """
    index_rows("index", index, n_codes)
    target = two_dimensional("views", mean_view(*views), n_bits)
    if len(target) != len(index):
        raise ValueError(f"views must have one row per entry of index, got {len(target)} rows and {len(index)} entries")
    return target


def mean_view(*views: Tensor, seen: Sequence[Tensor] | None = None, weights: Sequence[Tensor] | None = None) -> Tensor:
    """Average one, two or more (B, D) views of the same pairs, without gradient, in at least float32.

    With ``seen``, a (B,) bool per view, the mean of a row is over the views marked for it, of which there is one. With
    ``weights``, a positive scalar per view, it is the weighted mean.
    """
    if not views:
        raise ValueError("views must hold at least one (B, D) tensor, got none")
    two_dimensional("views[0]", views[0])
    for number, view in enumerate(views[1:], start=1):
        same_shape("views[0]", views[0], f"views[{number}]", view)
    total = views[0].detach()
    total = total.to(torch.promote_types(total.dtype, torch.float32))
    if seen is not None or weights is not None:
        marks = [total.new_ones(len(total), 1)] * len(views) if seen is None else [mark[:, None] for mark in seen]
        if weights is not None:
            marks = [mark * weight for mark, weight in zip(marks, weights, strict=True)]
        marks = [mark.to(total.dtype) for mark in marks]
        marked = [view.detach().to(total.dtype) * mark for view, mark in zip(views, marks, strict=True)]
        shares = torch.stack(marks).sum(dim=0)
        return torch.stack(marked).sum(dim=0) / torch.where(shares > 0, shares, 1)
    for view in views[1:]:
        total = total + view.detach()
    return total / len(views)


class _GatheredProducts(torch.autograd.Function):
    """Inner products with drawn rows, gathered a few anchors at a time, forward and backward."""

    @staticmethod
    def forward(ctx: FunctionCtx, h: Tensor, table: Tensor, columns: Tensor) -> Tensor:
        ctx.save_for_backward(table, columns)
        out = h.new_empty(columns.shape)
        for rows in _anchor_chunks(columns, table.shape[1]):
            out[rows] = torch.bmm(table[columns[rows]], h[rows].unsqueeze(2)).squeeze(2)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        table, columns = ctx.saved_tensors
        (grad,) = grads
        out = grad.new_empty(columns.shape[0], table.shape[1])
        for rows in _anchor_chunks(columns, table.shape[1]):
            out[rows] = torch.bmm(grad[rows].unsqueeze(1), table[columns[rows]]).squeeze(1)
        return out, None, None


def _anchor_chunks(columns: Tensor, n_bits: int) -> list[slice]:
    step = max(1, _CHUNK_ELEMENTS // max(1, columns.shape[1] * n_bits))
    return [slice(start, start + step) for start in range(0, columns.shape[0], step)]


def drawn_similarities(h: Tensor, table: Tensor, columns: Tensor) -> Tensor:
    """Inner products of each query with the table rows drawn for it.

    Two ways to one result, chosen by size: one product with the whole table and a gather of the drawn columns
    (O(B N D) multiply-adds at full speed, O(B N) memory), or, where N exceeds 16 K and the product would mostly
    compute what nobody drew, rows gathered for a few anchors at a time (O(B K D), at most 16 MiB at once, gathered
    again in the backward pass). Neither holds B x K x D numbers.

    Args:
        h: (B, D) queries.
        table: (N, D) constants.
        columns: (B, K) int64 row numbers of ``table``.

    Returns:
        (B, K), differentiable in ``h``.
    """
    if table.shape[0] <= 16 * columns.shape[1]:
        return (h @ table.T).gather(1, columns)
    products: Tensor = _GatheredProducts.apply(h, table, columns)
    return products
