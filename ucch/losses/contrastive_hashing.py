"""The contrastive hashing loss: recognise the pair's own code among many."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, nll_loss

from .._checks import positive, same_shape
from .shared_keys import SharedKeys, shared_costs, works_in_place

__all__ = [
    "ContrastiveHashingLoss",
    "KeySet",
    "contrastive_hashing_logits",
    "contrastive_hashing_loss",
    "own_code_loss",
]


class KeySet(Protocol):
    """What the loss asks of keys; :class:`ucch.optim.Keys` has it, and so can anything else.

    Keys that are one matrix may say so by a method ``shared()``, which gives ``(positives, negatives, norm,
    log_weights)``, (B, D), (K, D), a number and None or (B, K), or None; on a CPU that is several times as fast.
    """

    @property
    def log_weights(self) -> Tensor | None:
        """None, or (B, K) added to the logits of the negatives."""

    def similarities(self, h: Tensor) -> Tensor:
        """Cosine of every query with its positive (column 0) and its negatives: (B, 1 + K)."""


def contrastive_hashing_logits(h: Tensor, keys: KeySet, *, temperature: float) -> Tensor:
    """Divide similarities to the keys by the temperature: (B, 1 + K) in float32 or wider, positive in column 0."""
    similarities = keys.similarities(h)
    logits = similarities.to(torch.promote_types(similarities.dtype, torch.float32)) / temperature
    if keys.log_weights is None:
        return logits
    return torch.cat([logits[:, :1], logits[:, 1:] + keys.log_weights], dim=1)


def contrastive_hashing_loss(
    h_image: Tensor, h_text: Tensor, keys: KeySet, *, temperature: float = 0.9, targets: Tensor | None = None
) -> Tensor:
    """Cross-entropy of finding the own key, image and text queries added; see :class:`ContrastiveHashingLoss`."""
    ways = [own_code_loss(h, keys, temperature=temperature, targets=targets) for h in (h_image, h_text)]
    return ways[0] + ways[1]


def own_code_loss(
    h: Tensor,
    keys: KeySet,
    *,
    temperature: float = 0.9,
    targets: Tensor | None = None,
    seen: Tensor | None = None,
) -> Tensor:
    """Cross-entropy of finding the own key for the (B, D) queries of one view; see :class:`ContrastiveHashingLoss`.

    With ``seen``, (B,) bool, the mean is over the rows marked there; 0 where none is.
    """
    shared = _constant_shared(keys) if works_in_place(h, targets) else None
    if targets is not None:
        costs = _soft_cross_entropy(h, keys, temperature, targets, shared)
        return costs.mean() if seen is None else _mean_of(costs, seen)
    if shared is not None:
        same_shape("h", h, "keys.positives", shared[0])
        costs = shared_costs(h, SharedKeys(*shared), temperature=temperature)
        if seen is not None:
            return _mean_of(costs, seen)
        return nll_loss(-costs[:, None], torch.zeros(len(costs), dtype=torch.int64))  # sums as cross_entropy does
    logits = contrastive_hashing_logits(h, keys, temperature=temperature)
    own = torch.zeros(len(logits), dtype=torch.int64, device=logits.device)
    if seen is None:
        return cross_entropy(logits, own)
    return _mean_of(cross_entropy(logits, own, reduction="none"), seen)


def _constant_shared(keys: KeySet) -> tuple[Tensor, Tensor, float, Tensor | None] | None:
    """Keys whose negatives are one matrix and ask for no gradient, as those of a table; None for others."""
    shared: tuple[Tensor, Tensor, float, Tensor | None] | None = getattr(keys, "shared", _not_shared)()
    if shared is None or any(part is not None and part.requires_grad for part in (shared[1], shared[3])):
        return None
    return shared


def _not_shared() -> None:
    """Keys of which nothing is known but the similarities."""


def _mean_of(costs: Tensor, rows: Tensor) -> Tensor:
    return (costs * rows).sum() / rows.sum().clamp(min=1)


def _soft_cross_entropy(
    h: Tensor,
    keys: KeySet,
    temperature: float,
    targets: Tensor,
    shared: tuple[Tensor, Tensor, float, Tensor | None] | None,
) -> Tensor:
    """Cross-entropies (B,) with ``1 - sum(targets)`` on the own key; a target may lie on a negative left out."""
    if shared is not None:
        same_shape("h", h, "keys.positives", shared[0])
        _check_targets(targets, (len(h), len(shared[1])))
        return shared_costs(h, SharedKeys(*shared), temperature=temperature, targets=targets)
    similarities = keys.similarities(h)
    logits = similarities.to(torch.promote_types(similarities.dtype, torch.float32)) / temperature
    others = logits[:, 1:]
    _check_targets(targets, tuple(others.shape))
    weighted = others if keys.log_weights is None else others + keys.log_weights
    total = torch.logsumexp(torch.cat([logits[:, :1], weighted], dim=1), dim=1)
    expected = (1 - targets.sum(dim=1)) * logits[:, 0] + (targets * others).sum(dim=1)
    return total - expected


def _check_targets(targets: Tensor, shape: tuple[int, ...]) -> None:
    if targets.shape != shape:
        raise ValueError(f"targets must have one entry per query and negative, {shape}, got {tuple(targets.shape)}")


class ContrastiveHashingLoss(nn.Module):
    """Make both outputs of a pair recognise its binary code among the codes of other pairs.

    With unit queries h, keys k in {-1, +1}^D and temperature T, a direction costs the batch mean of
    ``-log( exp(cos(h, k+)/T) / (exp(cos(h, k+)/T) + sum_j w_j exp(cos(h, k_j)/T)) )``; image and text are added. The
    weights w are 1 unless the keys say otherwise (0 for a pair's own row among its negatives).

    Args:
        temperature: T > 0; .9 as published. Soft temperatures win where many negatives share the pair's meaning.

    Shape:
        - ``h_image``, ``h_text``: (B, D), unit rows.
        - ``keys``: positives (B, D), K negatives; see :class:`ucch.optim.Keys`.
        - ``targets``: None, or (B, K) shares of the target that go to negatives, rows adding up to at most 1; the rest
          stays with the positive, so that the cost is the cross-entropy with that soft target.
        - output: scalar, float32 or wider, also under bfloat16 autocast. At the start it is about 2 ln(1 + K).

    Raises:
        ValueError: ``temperature`` is not above 0, or a query does not have the shape of the positives.

    Note:
        Eq. 3 sums over the pairs; like the published code this averages over the batch, which is what its weight
        ``beta`` assumes. Eq. 4 takes unit keys, so ``<h, k>/sqrt(D)`` here is its inner product.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023, Eq. 3-4.

    Example:
        >>> from ucch.optim import in_batch_keys
        >>> h = torch.eye(4)[:2]
        >>> ContrastiveHashingLoss(temperature=0.5)(h, h, in_batch_keys(h)).item() < 2.0
        True
    """

    def __init__(self, temperature: float = 0.9) -> None:
        super().__init__()
        self.temperature = positive("temperature", temperature)

    def forward(self, h_image: Tensor, h_text: Tensor, keys: KeySet, targets: Tensor | None = None) -> Tensor:
        return contrastive_hashing_loss(h_image, h_text, keys, temperature=self.temperature, targets=targets)

    def extra_repr(self) -> str:
        return f"temperature={self.temperature}"
