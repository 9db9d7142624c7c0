"""How a real output becomes a query for a code."""

from .bi_half import BiHalfQuery, batch_threshold, bi_half
from .continuation import ContinuationQuery, continuation_slope
from .greedy import GreedyHash, greedy_hash, greedy_penalty
from .straight_through import StraightThroughQuery, straight_through
from .tanh import TanhQuery, tanh_query

__all__ = [
    "BiHalfQuery",
    "ContinuationQuery",
    "GreedyHash",
    "StraightThroughQuery",
    "TanhQuery",
    "batch_threshold",
    "bi_half",
    "continuation_slope",
    "greedy_hash",
    "greedy_penalty",
    "straight_through",
    "tanh_query",
]
