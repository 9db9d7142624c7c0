"""Bi-half codes: every bit splits every batch in two halves, by a threshold that encoding keeps."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from .._checks import interval, positive_int, same_shape
from ..codes import sign

__all__ = ["BiHalfQuery", "batch_threshold", "bi_half"]


def batch_threshold(u: Tensor) -> Tensor:
    """Per bit the value that splits a batch: midway between the floor(B/2) largest outputs and the rest, (D,)."""
    ordered = u.detach().sort(dim=0, descending=True).values
    half = len(u) // 2
    return (ordered[max(0, half - 1)] + ordered[half]) / 2 if half else ordered[0]


def balanced_codes(u: Tensor) -> Tensor:
    """Per bit +1 for the floor(B/2) largest outputs of the batch, -1 for the rest; equal ones in batch order."""
    order = u.detach().argsort(dim=0, descending=True, stable=True)
    top = torch.ones_like(u).masked_fill((torch.arange(len(u), device=u.device) >= len(u) // 2)[:, None], -1.0)
    return torch.empty_like(u).scatter_(0, order, top)


class _PulledSign(torch.autograd.Function):
    """Given codes forward; backward the gradient of the codes and a pull of the outputs towards them."""

    @staticmethod
    def forward(ctx: FunctionCtx, u: Tensor, codes: Tensor, gamma: float) -> Tensor:
        ctx.save_for_backward(u, codes)
        ctx.gamma = gamma  # type: ignore[attr-defined]
        return codes.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        u, codes = ctx.saved_tensors
        return grads[0] + ctx.gamma * (u - codes) / u.numel(), None, None


def bi_half(u: Tensor, *, gamma: float = 6.0) -> Tensor:
    """Take balanced codes forward; backward ``dL/dB + gamma (U - B) / (B D)``, B the batch, D the bits.

    Args:
        u: (B, D) real outputs of a batch; an even B balances exactly.
        gamma: pull towards the codes in [0, inf).

    Returns:
        (B, D) of exactly +-1; every column sums to 0, or to -1 for odd B. O(B log B D).

    Example:
        >>> bi_half(torch.tensor([[5.0], [4.0], [3.0], [9.0]])).T
        tensor([[ 1., -1., -1.,  1.]])
    """
    codes: Tensor = _PulledSign.apply(u, balanced_codes(u), gamma)
    return codes


class BiHalfQuery(nn.Module):
    """Query for a code by codes that split the batch in halves, at unit length.

    Every view of a batch is signed against a threshold per bit, so that bits carry all the information they can. The
    threshold is the median of the batch while training. Encoding has no batch, so a running mean of the medians is
    kept, used in evaluation mode, and meant to be taken into the model: subtract :attr:`threshold` from the bias of a
    linear last layer.

    Args:
        n_bits: D.
        n_views: modalities; 2 by default.
        gamma: pull of the outputs towards their codes, in [0, inf); 6 as published for images. It is divided by B D,
            so tune it where the loss is no mean over the batch.
        shared: one threshold for all views, from their mean, instead of each view its own median (default), which
            balances each view exactly. Under a shared threshold whole views can sit on opposite sides of it.
        rate: weight of the newest median in the running mean, in [0, 1]; .1 by default.

    Shape:
        - input: one (B, D) matrix of real outputs per view.
        - output: a tuple of as many (B, D) matrices of unit rows.
        - ``threshold``: (n_views, D), a buffer.

    Raises:
        ValueError: an option is outside its range, or the views differ in number or shape.

    Note:
        The published layer ranks a single modality and encodes with threshold 0 whatever training did. Own
        thresholds for several views, the shared one and the running median are ours. Give it batches of 64 and more.

    Reference:
        Li and van Gemert, "Deep Unsupervised Image Hashing by Maximizing Bit Entropy", AAAI 2021.

    Example:
        >>> query = BiHalfQuery(n_bits=1, n_views=1)
        >>> query(torch.tensor([[5.0], [4.0], [3.0], [9.0]]))[0].T
        tensor([[ 1., -1., -1.,  1.]])
        >>> query.threshold
        tensor([[4.5000]])
    """

    threshold: Tensor
    n_batches: Tensor

    def __init__(
        self, n_bits: int, n_views: int = 2, *, gamma: float = 6.0, shared: bool = False, rate: float = 0.1
    ) -> None:
        super().__init__()
        positive_int("n_bits", n_bits)
        positive_int("n_views", n_views)
        self.gamma = interval("gamma", gamma, 0.0, inf, open_high=True)
        self.rate = interval("rate", rate, 0.0, 1.0)
        self.shared = shared
        self.register_buffer("threshold", torch.zeros(n_views, n_bits))
        self.register_buffer("n_batches", torch.zeros((), dtype=torch.int64))

    def forward(self, *u: Tensor) -> tuple[Tensor, ...]:
        if len(u) != len(self.threshold):
            raise ValueError(f"forward must get {len(self.threshold)} views, as n_views says, got {len(u)}")
        for number, view in enumerate(u[1:], start=1):
            same_shape("u[0]", u[0], f"u[{number}]", view)
        views = [view.to(torch.promote_types(view.dtype, torch.float32)) for view in u]
        return tuple(codes / sqrt(codes.shape[1]) for codes in self._codes(views))

    def _codes(self, views: list[Tensor]) -> list[Tensor]:
        if not self.training:
            return [sign(view - level) for view, level in zip(views, self.threshold, strict=True)]
        levels = self.levels(*views)
        self._follow(levels)
        if not self.shared or len(views) == 1:
            return [bi_half(view, gamma=self.gamma) for view in views]
        return [_PulledSign.apply(v, sign(v - level), self.gamma) for v, level in zip(views, levels, strict=True)]

    @torch.no_grad()
    def levels(self, *views: Tensor) -> Tensor:
        """Thresholds of a batch, (n_views, D): equal rows where they are shared."""
        if self.shared:
            return batch_threshold(torch.stack(views).mean(dim=0)).expand(len(views), -1)
        return torch.stack([batch_threshold(view) for view in views])

    @torch.no_grad()
    def _follow(self, levels: Tensor) -> None:
        finite = torch.isfinite(levels).all()  # a batch that overflowed must not stay in the running mean
        self.n_batches += finite
        # a plain mean at first: no pull towards the zeros it starts at
        weight = (1 / self.n_batches.double()).clamp(min=self.rate).to(levels.dtype)
        self.threshold += torch.where(finite, weight * (levels - self.threshold), 0.0)

    def extra_repr(self) -> str:
        views, bits = self.threshold.shape
        return f"n_bits={bits}, n_views={views}, gamma={self.gamma}, shared={self.shared}, rate={self.rate}"
