"""``momentum``: UCCH's own."""

from __future__ import annotations

from .strategy import Strategy

__all__ = ["Momentum"]


class Momentum(Strategy):
    """Tanh queries against the signs of rows that follow the outputs by momentum; every slot as UCCH fills it.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023.
    """
