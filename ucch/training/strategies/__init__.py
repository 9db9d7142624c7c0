"""Strategies: ways to train through a sign, each the same loop with other slots."""

from __future__ import annotations

from ...by_name import ByName
from ...recipe.strategy_sections import OPTIMIZERS
from .strategy import Batch, Strategy

__all__ = ["STRATEGIES", "Batch", "Strategy"]

STRATEGIES: ByName[type[Strategy]] = ByName.as_named(__name__, OPTIMIZERS, none=".continuous:Continuous")
