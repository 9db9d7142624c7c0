"""How a real output becomes a query for a code."""

from .bi_half import BiHalfQuery, batch_threshold, bi_half
from .bit_selection import SELECTIONS, greedy_bits, select_bits, sum_bits, vote_bits
from .continuation import ContinuationQuery, continuation_slope
from .greedy import GreedyHash, greedy_hash, greedy_penalty
from .straight_through import StraightThroughQuery, straight_through
from .tanh import TanhQuery, tanh_query

__all__ = [
    "SELECTIONS",
    "BiHalfQuery",
    "ContinuationQuery",
    "GreedyHash",
    "StraightThroughQuery",
    "TanhQuery",
    "batch_threshold",
    "bi_half",
    "continuation_slope",
    "greedy_bits",
    "greedy_hash",
    "greedy_penalty",
    "select_bits",
    "straight_through",
    "sum_bits",
    "tanh_query",
    "vote_bits",
]
