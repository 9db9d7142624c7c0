"""Rank metrics from Hamming-distance histograms: exact under ties, in chunks, mergeable."""

from __future__ import annotations

from .average_precision import average_precision, mean_over_queries
from .chance import chance_map
from .code_health import bit_balance
from .histograms import DistanceHistograms, distance_histograms
from .paired import first_relevant_rank, hit_rate_at, reciprocal_rank
from .protocol import PROTOCOLS, Protocol, mean_average_precision
from .radius import RadiusCurve, radius_curve
from .ranking import precision_at, recall_at, relevant_within

__all__ = [
    "PROTOCOLS",
    "DistanceHistograms",
    "Protocol",
    "RadiusCurve",
    "average_precision",
    "bit_balance",
    "chance_map",
    "distance_histograms",
    "first_relevant_rank",
    "hit_rate_at",
    "mean_average_precision",
    "mean_over_queries",
    "precision_at",
    "radius_curve",
    "recall_at",
    "reciprocal_rank",
    "relevant_within",
]
