"""Quantisation penalties: what an output costs for not being a code."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, sqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, softplus

from .._checks import interval, one_of
from ..codes import sign

__all__ = [
    "PENALTIES",
    "QuantizationLoss",
    "cauchy_penalty",
    "cubic_penalty",
    "l1_penalty",
    "l2_penalty",
    "log_cosh_penalty",
]


def l1_penalty(u: Tensor) -> Tensor:
    """Average ``||u| - 1|`` (DSH)."""
    return (u.abs() - 1).abs().mean()


def log_cosh_penalty(u: Tensor) -> Tensor:
    """Average ``log cosh(|u| - 1)`` (DHN), without overflow."""
    gap = (u.abs() - 1).abs()
    return (gap + softplus(-2 * gap) - log(2)).mean()


def l2_penalty(u: Tensor) -> Tensor:
    """Average ``|u - sign(u)|^2`` over the rows, summed over the bits (DPSH, UHSCM)."""
    return (u - sign(u)).square().sum(dim=1).mean()


def cubic_penalty(u: Tensor) -> Tensor:
    """Average ``||u| - 1|^3`` (GreedyHash)."""
    return (u.abs() - 1).abs().pow(3).mean()


def cauchy_penalty(u: Tensor, *, scale: float = 20.0) -> Tensor:
    """Average ``log(1 + d / scale)`` with ``d = (D/2) (1 - min(cos(|u|, 1), .99))`` (DCH); blind to the length of u."""
    cosine = cosine_similarity(u.abs(), torch.ones_like(u), dim=1).clamp(max=0.99)
    return torch.log1p(u.shape[1] / 2 * (1 - cosine) / scale).mean()


PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {
    "cauchy": cauchy_penalty,
    "cubic": cubic_penalty,
    "l1": l1_penalty,
    "l2": l2_penalty,
    "log_cosh": log_cosh_penalty,
}
WEIGHTS = {"cauchy": 0.1, "cubic": 0.1, "l1": 0.1, "l2": 0.001, "log_cosh": 0.1}


class QuantizationLoss(nn.Module):
    """Pull unit outputs towards the corners of the cube, so that taking signs loses little.

    With ``x = sqrt(D) h``, whose code is +-1 where h is a corner, one of

    | kind | cost | weight, from |
    |---|---|---|
    | ``l1`` | ``mean ||x| - 1|`` | .1, DSH as ported |
    | ``log_cosh`` | ``mean log cosh(|x| - 1)`` | .1, DHN |
    | ``l2`` | ``sum |x - sign(x)|^2`` per row | .001, UHSCM |
    | ``cubic`` | ``mean ||x| - 1|^3`` | .1, GreedyHash |
    | ``cauchy`` | ``mean log(1 + D (1 - min(cos(|x|, 1), .99)) / 40)`` | .1, DCH |

    averaged over the views and times the weight. Unit outputs themselves must not be compared with 1: none of their
    entries is near it.

    Args:
        kind: one of the above; ``"l1"`` by default.
        weight: in [0, inf); None takes the one of the source.

    Shape:
        - ``forward(*h)``: one (B, D) matrix of unit rows per view.
        - output: scalar, float32 or wider.

    Raises:
        ValueError: ``kind`` is unknown or ``weight`` negative.

    Note:
        The functions beside this class apply to real outputs u as well; that is where DSH, DHN and GreedyHash put them.

    Reference:
        Liu et al. (DSH), CVPR 2016; Zhu et al. (DHN), AAAI 2016; Li et al. (DPSH), IJCAI 2016; Cao et al. (DCH), CVPR
        2018; Su et al. (GreedyHash), NeurIPS 2018.

    Example:
        >>> QuantizationLoss("l1", weight=1.0)(torch.tensor([[0.5, -0.5, 0.5, 0.5]]))
        tensor(0.)
    """

    def __init__(self, kind: str = "l1", weight: float | None = None) -> None:
        super().__init__()
        self.kind = one_of("kind", kind, PENALTIES)
        self.weight = interval("weight", WEIGHTS[kind] if weight is None else weight, 0.0, inf, open_high=True)

    def forward(self, *h: Tensor) -> Tensor:
        rule = PENALTIES[self.kind]
        views = [view.to(torch.promote_types(view.dtype, torch.float32)) for view in h]
        return self.weight * torch.stack([rule(sqrt(view.shape[1]) * view) for view in views]).mean()

    def extra_repr(self) -> str:
        return f"kind={self.kind!r}, weight={self.weight}"
