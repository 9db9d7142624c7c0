"""Objectives that learn from labels, or from labels made up; UCCH's own losses are the trainer's."""

from __future__ import annotations

from .mlwch_like import MlwchLikeObjective
from .objective import Comparison, LabelObjective
from .unihash import UniHashObjective

__all__ = ["OBJECTIVES", "Comparison", "LabelObjective"]

OBJECTIVES: dict[str, type[LabelObjective]] = {
    "mlwch-like": MlwchLikeObjective,
    "unihash": UniHashObjective,
}
