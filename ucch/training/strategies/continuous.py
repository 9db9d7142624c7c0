"""``none``: continuous keys, the contrastive learning without hashing that UCCH is compared with."""

from __future__ import annotations

from .strategy import Strategy

__all__ = ["Continuous"]


class Continuous(Strategy):
    """Tanh queries against the unit rows of the table themselves; signs are taken at encoding only.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023, Fig. 12.
    """

    placements = ("replicated",)
    binarize = False
