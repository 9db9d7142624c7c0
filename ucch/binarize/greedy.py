"""GreedyHash: signs forward, the gradient unchanged backward, and a cubic pull of the outputs towards +-1."""

from __future__ import annotations

from math import inf, sqrt

import torch
from torch import Tensor, nn

from .._checks import interval
from .straight_through import straight_through

__all__ = ["GreedyHash", "greedy_hash", "greedy_penalty"]


def greedy_hash(u: Tensor) -> Tensor:
    """Take signs forward, pass the gradient on unchanged: exactly +-1, +1 at 0."""
    return straight_through(u, form="identity")


def greedy_penalty(u: Tensor) -> Tensor:
    """Average ``||u| - 1|^3`` over real outputs, not squashed ones: a scalar, float32 or wider.

    Example:
        >>> greedy_penalty(torch.tensor([[3.0, -1.0]]))  # (2^3 + 0) / 2
        tensor(4.)
    """
    return (u.to(torch.promote_types(u.dtype, torch.float32)).abs() - 1).abs().pow(3).mean()


class GreedyHash(nn.Module):
    """Query for a code by the code of the output, with a penalty that keeps the outputs near their codes.

    ``forward`` is ``sign(u) / sqrt(D)`` with identity gradient; add :meth:`penalty` of every modality to the loss.
    Without it ``|u|`` grows and the gradient no longer means what it says.

    Args:
        alpha: weight of the penalty in [0, inf); .1 as published.

    Shape:
        - ``u``: (B, D) real outputs, before any tanh.
        - output: (B, D) unit rows, float32 or wider.

    Raises:
        ValueError: ``alpha`` is negative.

    Note:
        The published unsupervised form also fits cosines of codes to cosines of features; it is left out here.

    Reference:
        Su et al., "Greedy Hash: Towards Fast Optimization for Accurate Hash Coding in CNN", NeurIPS 2018.

    Example:
        >>> greedy = GreedyHash(alpha=0.5)
        >>> u = torch.tensor([[3.0, -1.0, 0.0, -2.0]])
        >>> greedy(u), greedy.penalty(u)  # .5 (8 + 0 + 1 + 1) / 4
        (tensor([[ 0.5000, -0.5000,  0.5000, -0.5000]]), tensor(1.2500))
    """

    def __init__(self, alpha: float = 0.1) -> None:
        super().__init__()
        self.alpha = interval("alpha", alpha, 0.0, inf, open_high=True)

    def forward(self, u: Tensor) -> Tensor:
        return greedy_hash(u.to(torch.promote_types(u.dtype, torch.float32))) / sqrt(u.shape[1])

    def penalty(self, u: Tensor) -> Tensor:
        """The weighted penalty of outputs u: ``alpha mean ||u| - 1|^3``."""
        return self.alpha * greedy_penalty(u)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"
