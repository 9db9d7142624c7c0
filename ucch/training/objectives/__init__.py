"""Objectives: costs beside UCCH's own losses, which are the trainer's; some need labels or make labels up."""

from __future__ import annotations

from ...by_name import ByName
from ...recipe import objective_names
from .label_objective import Comparison, LabelObjective
from .objective import Objective

__all__ = ["OBJECTIVES", "Comparison", "LabelObjective", "Objective"]

OBJECTIVES: ByName[type[Objective]] = ByName.as_named(
    __name__, sorted(objective_names.OBJECTIVES), ending="Objective", unihash=".unihash:UniHashObjective"
)
