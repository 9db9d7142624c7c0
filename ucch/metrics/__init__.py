"""Rank metrics from Hamming-distance histograms: exact under ties, in chunks, mergeable."""

from __future__ import annotations

from .average_precision import average_precision, mean_over_queries
from .bootstrap import MeanInterval, PairedDifference, bootstrap_mean, paired_bootstrap
from .calibration_error import Reliability, calibration_error
from .chance import chance_map
from .code_health import (
    CodeHealth,
    bit_agreement,
    bit_balance,
    bit_correlation,
    code_health,
    distinct_codes,
    effective_dimension,
)
from .evaluator import HammingEvaluator
from .first_relevant import first_relevant_rank, hit_rate_at, reciprocal_rank
from .histograms import DistanceHistograms, distance_histograms
from .judged_ndcg import judged_ndcg
from .ndcg import ndcg_at
from .neighbors import Neighbors, cosine_neighbors, neighbors_kept, neighbors_kept_by
from .protocol import PROTOCOLS, Protocol, mean_average_precision
from .quantization_gap import QuantizationGap, quantization_gap
from .radius import RadiusCurve, radius_curve
from .ranking import precision_at, recall_at, relevant_within
from .split_digest import split_digest
from .stable_order import stable_average_precision

__all__ = [
    "PROTOCOLS",
    "CodeHealth",
    "DistanceHistograms",
    "HammingEvaluator",
    "MeanInterval",
    "Neighbors",
    "PairedDifference",
    "Protocol",
    "QuantizationGap",
    "RadiusCurve",
    "Reliability",
    "average_precision",
    "bit_agreement",
    "bit_balance",
    "bit_correlation",
    "bootstrap_mean",
    "calibration_error",
    "chance_map",
    "code_health",
    "cosine_neighbors",
    "distance_histograms",
    "distinct_codes",
    "effective_dimension",
    "first_relevant_rank",
    "hit_rate_at",
    "judged_ndcg",
    "mean_average_precision",
    "mean_over_queries",
    "ndcg_at",
    "neighbors_kept",
    "neighbors_kept_by",
    "paired_bootstrap",
    "precision_at",
    "quantization_gap",
    "radius_curve",
    "recall_at",
    "reciprocal_rank",
    "relevant_within",
    "split_digest",
    "stable_average_precision",
]
