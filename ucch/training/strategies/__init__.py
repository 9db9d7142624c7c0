"""Strategies: ways to train through a sign, each the same loop with other slots."""

from __future__ import annotations

from .bi_half import BiHalf
from .bop import Bop
from .continuation import Continuation
from .continuous import Continuous
from .discrete import Discrete
from .greedy import Greedy
from .itq import Itq
from .momentum import Momentum
from .quantization import Quantization
from .straight_through import StraightThrough
from .strategy import Batch, Strategy

__all__ = ["STRATEGIES", "Batch", "Strategy"]

STRATEGIES: dict[str, type[Strategy]] = {
    "momentum": Momentum,
    "straight-through": StraightThrough,
    "continuation": Continuation,
    "greedy": Greedy,
    "bi-half": BiHalf,
    "bop": Bop,
    "discrete": Discrete,
    "itq": Itq,
    "quantization": Quantization,
    "none": Continuous,
}
