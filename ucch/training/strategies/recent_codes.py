"""``recent codes``: no row per pair but a ring of the codes that pairs had lately, for streams."""

from __future__ import annotations

from ...optim import Keys
from .rotation import Rotation
from .strategy import Batch, Strategy

__all__ = ["RecentCodes", "RotatedRecentCodes"]


class RecentCodes(Strategy):
    """Tanh queries against the codes that this batch and those before it have had.

    The table is a ring: a batch overwrites the rows named by its ``index``, the oldest ones, with its own mean views
    before it is compared, so that its positives are its own codes, as in UCCH's warm-up, and its negatives are the
    other pairs of the batch and the latest of earlier batches. No pair is seen twice, and no row has a momentum.

    Note:
        **Ours**; queues of keys are those of MoCo, whose keys come from a slower encoder. Rows that no batch has
        reached hold the table's first draw, codes of nobody.

    Reference:
        He, Fan, Wu, Xie and Girshick, "Momentum Contrast", CVPR 2020 (the queue).
    """

    placements = ()

    @property
    def momentum(self) -> float:
        return 0.0

    def keys(self, batch: Batch) -> Keys:
        super().update(batch, self.batch_keys(batch))
        return self.bank.keys(batch.index, n_negatives=self.bank.n_codes)

    def update(self, batch: Batch, keys: Keys) -> None:
        """The table has moved with the keys."""


class RotatedRecentCodes(RecentCodes, Rotation):
    """As :class:`RecentCodes`, on outputs rotated as under ``rotation``; an epoch is a turn of the ring."""
