"""What codes are for, and the section of the objective that keeps what features know."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .section_base import Count, ForgivingName, NotNegative, Positive, Section

__all__ = ["GOALS", "GoalName", "NeighborsSection"]

GOALS = ("categories", "both", "partners", "neighbors")
GoalName = Annotated[Literal["auto", "categories", "both", "partners", "neighbors"], ForgivingName]


class NeighborsSection(Section):
    """The features' own neighbours as soft targets among the pairs of a batch; docs/goals.md.

    ``partner_share`` is the share of a target that goes to the own partner: by the goal .1 (both), .3 (partners), 0
    (neighbors). ``n_alike`` is the effective number of neighbours, the perplexity, that a target spreads over among
    512 items; it decides the temperature of the features' cosines. ``noise`` is the length of what is added to an
    item's features of length 1, anew in every step. ``neighbor_rate`` and ``neighbor_batch`` stand in for
    ``training.learning_rate`` and ``training.batch_size`` at their defaults, ``neighbor_steps`` for
    ``training.epochs = "auto"``. ``hidden_width`` hidden units stand
    beside the linear map of a tower; 0 leaves towers linear.
    """

    partner_share: Annotated[float, Field(ge=0, lt=1)] | Literal["auto"] = "auto"
    n_alike: Positive = 8.0
    noise: NotNegative = 0.5
    neighbor_rate: Positive = 1e-2
    neighbor_batch: Annotated[int, Field(ge=2)] = 768
    neighbor_steps: Count = 1000
    first_scale: Positive = 10.0
    hidden_width: Annotated[int, Field(ge=0)] = 1024
