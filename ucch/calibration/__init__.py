"""What a distance means, without labels: the probability of being a partner, and how near is near by chance."""

from __future__ import annotations

from .conditional_logit import fit_decay
from .partners import FEWEST, DistanceMap, PartnerCalibration
from .unrelated_pairs import duplicate_radius, expected_unrelated, widest_radius

__all__ = [
    "FEWEST",
    "DistanceMap",
    "PartnerCalibration",
    "duplicate_radius",
    "expected_unrelated",
    "fit_decay",
    "widest_radius",
]
