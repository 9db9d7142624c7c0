"""Tanh queries: the published way from a real output to a query for a code."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["TanhQuery", "tanh_query"]

_SHORTEST = 1e-12


def tanh_query(u: Tensor) -> Tensor:
    """Squash real outputs and bring them to unit length: ``tanh(u) / |tanh(u)|``, (B, D) to (B, D).

    A row shorter than 1e-12 has no direction: it is not divided by its length, which would make its gradient 1e12
    times as long.
    """
    squashed = torch.tanh(u.to(torch.promote_types(u.dtype, torch.float32)))
    length = squashed.norm(dim=1, keepdim=True)
    return squashed / torch.where(length < _SHORTEST, torch.ones_like(length), length)


class TanhQuery(nn.Module):
    """Query for a code by the unit vector of ``tanh(u)``, whose signs are those of u.

    Shape:
        - ``u``: (B, D) real outputs.
        - output: (B, D) unit rows, float32 or wider; a row of zeros stays zero.

    Note:
        The published code divides by the bare norm; here a row shorter than 1e-12 is not divided.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023, section 3.1.

    Example:
        >>> TanhQuery()(torch.tensor([[100.0, -100.0, 0.0]]))
        tensor([[ 0.7071, -0.7071,  0.0000]])
    """

    def forward(self, u: Tensor) -> Tensor:
        return tanh_query(u)
