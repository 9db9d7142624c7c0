"""What a distance means: the probability of being a partner, learnt from pairs that were set aside, without labels."""

from __future__ import annotations

from .conditional_logit import fit_decay
from .partners import FEWEST, DistanceMap, PartnerCalibration

__all__ = ["FEWEST", "DistanceMap", "PartnerCalibration", "fit_decay"]
