"""Strategies: ways to train through a sign, each the same loop with other slots."""

from __future__ import annotations

from ...by_name import ByName
from .strategy import Batch, Strategy

__all__ = ["STRATEGIES", "Batch", "Strategy"]

STRATEGIES: ByName[type[Strategy]] = ByName(
    __name__,
    {
        "momentum": ".momentum:Momentum",
        "straight-through": ".straight_through:StraightThrough",
        "continuation": ".continuation:Continuation",
        "greedy": ".greedy:Greedy",
        "bi-half": ".bi_half:BiHalf",
        "bop": ".bop:Bop",
        "discrete": ".discrete:Discrete",
        "itq": ".itq:Itq",
        "quantization": ".quantization:Quantization",
        "none": ".continuous:Continuous",
    },
)
