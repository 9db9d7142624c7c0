"""What a distance means, without labels: the probability of being a partner, and how near is near by chance."""

from __future__ import annotations

from .conditional_logit import fit_decay, spread_of
from .partners import FEWEST, DistanceMap, Gallery, PartnerCalibration
from .unrelated_pairs import duplicate_radius, expected_unrelated, widest_radius

__all__ = [
    "FEWEST",
    "DistanceMap",
    "Gallery",
    "PartnerCalibration",
    "duplicate_radius",
    "expected_unrelated",
    "fit_decay",
    "spread_of",
    "widest_radius",
]
