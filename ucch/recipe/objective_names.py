"""Names of all objectives; those of a kind stand with its sections."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from .goal_sections import GoalObjective
from .label_sections import LabelledObjective
from .reconstruction_sections import ReconstructionObjective
from .section_base import ForgivingName
from .teacher_sections import TaughtObjective

__all__ = ["LABELLED", "OBJECTIVES", "ObjectiveName"]


_Objective = Literal["ucch", LabelledObjective, TaughtObjective, ReconstructionObjective, GoalObjective]
ObjectiveName = Annotated[_Objective, ForgivingName]
OBJECTIVES: tuple[str, ...] = get_args(_Objective)[1:]  # beside UCCH's own losses
LABELLED = frozenset(get_args(LabelledObjective))  # learn from labels, those of the data or made up
