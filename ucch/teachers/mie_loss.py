"""The hash-similarity-friendly loss: the similarity must be one that codes can have."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from .._checks import interval, same_shape
from .cosines import cosines

__all__ = ["MieWeights", "anchor_similarity", "anchor_term", "balance_term", "binary_term", "mie_loss", "view_term"]


@dataclass(frozen=True)
class MieWeights:
    """Weights of the four terms of :func:`mie_loss`, and the temperature of the first."""

    view: float = 1.0
    anchor: float = 1.0
    binary: float = 0.1
    balance: float = 0.1
    temperature: float = 0.2


def view_term(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Recognise a pair by another view of it among the batch: InfoNCE over cosines, mean of both directions."""
    logits = cosines(first, second) / temperature
    own = torch.arange(len(logits), device=logits.device)
    return (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2


def anchor_similarity(image: Tensor, text: Tensor, image_weight: float = 0.6) -> Tensor:
    """``2 (w max(0, cos image) + (1 - w) max(0, cos text)) - 1``, (B, B)."""
    interval("image_weight", image_weight, 0.0, 1.0)
    return 2 * (image_weight * cosines(image).clamp(min=0) + (1 - image_weight) * cosines(text).clamp(min=0)) - 1


def anchor_term(row: Tensor, anchor: Tensor, *, top: float = 0.05, bottom: float = 0.5) -> Tensor:
    """Stay near ``anchor`` where it is sure of itself: the top and bottom shares of each of its rows.

    ``sum_ij c_ij (cos(r_i, r_j) - anchor_ij)^2 / B^2`` with c 1 on the ``ceil(top B)`` largest and the
    ``ceil(bottom B)`` smallest entries of a row, else 0.
    """
    size = len(anchor)
    n_top, n_bottom = (min(size, ceil(share * size)) for share in (top, bottom))
    sure = torch.zeros_like(anchor, dtype=torch.bool)
    sure.scatter_(1, anchor.topk(n_top, dim=1).indices, True)
    sure.scatter_(1, anchor.topk(n_bottom, dim=1, largest=False).indices, True)
    return ((cosines(row) - anchor).square() * sure).sum() / size**2


def binary_term(row: Tensor) -> Tensor:
    """``mean (|r| - 1)^2``: rows near codes."""
    return (row.abs() - 1).square().mean()


def balance_term(row: Tensor) -> Tensor:
    """``|mean_i r_i|^2 / d``: pairs that have nothing in common near 0."""
    return row.mean(dim=0).square().mean()


def mie_loss(first: Tensor, second: Tensor, anchor: Tensor, weights: MieWeights) -> Tensor:
    """``view + a1 anchor + a2 binary + a3 balance`` of two views of a batch; all but the first on the first view.

    Args:
        first, second: (B, d) rows of two views of the same pairs, of :class:`~ucch.teachers.MieGenerator`.
        anchor: (B, B) of :func:`anchor_similarity`, constant.
        weights: of the terms; a weight of 0 leaves its term out.

    Note:
        **A reconstruction**, every term: UCHM's abstract only says that its loss makes the similarity friendly to
        hashing.

    Reference:
        Tu et al., "Unsupervised Cross-Modal Hashing With Modality-Interaction", IEEE TCSVT 33, 2023 (idea).
    """
    same_shape("first", first, "second", second)
    if anchor.shape != (len(first), len(first)):
        raise ValueError(f"anchor must have shape {(len(first), len(first))}, got {tuple(anchor.shape)}")
    loss = first.new_zeros(())
    if weights.view > 0:
        loss = loss + weights.view * view_term(first, second, weights.temperature)
    if weights.anchor > 0:
        loss = loss + weights.anchor * anchor_term(first, anchor)
    if weights.binary > 0:
        loss = loss + weights.binary * binary_term(first)
    if weights.balance > 0:
        loss = loss + weights.balance * balance_term(first)
    return loss
