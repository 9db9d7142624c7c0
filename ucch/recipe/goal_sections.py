"""What codes are for, and the section of the objective that keeps what features know."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .section_base import Count, ForgivingName, NotNegative, Positive, Section

__all__ = ["GOALS", "PARTNER_SHARE", "GoalName", "GoalObjective", "NeighborsSection"]

GOALS = ("categories", "both", "partners", "neighbors")
PARTNER_SHARE = {"both": 0.1, "partners": 0.3, "neighbors": 0.0}
_SHORT: dict[str, Any] = {"n_alike": 8.0, "noise": 0.5, "hidden_width": 1024, "neighbor_batch": 768}
_LONG: dict[str, Any] = {"n_alike": 64.0, "noise": 0.3, "hidden_width": 0, "neighbor_batch": 1024, "partner_share": 0.0}
_LONGEST_SHORT = 128  # bits
GoalObjective = Literal["neighbors"]
GoalName = Annotated[Literal["auto", "categories", "both", "partners", "neighbors"], ForgivingName]


class NeighborsSection(Section):
    """The features' own neighbours as soft targets among the pairs of a batch; docs/goals.md.

    ``partner_share`` is the share of a target that goes to the own partner. ``n_alike`` is the effective number of
    neighbours, the perplexity, that a target spreads over among 512 items; it decides the temperature of the features'
    cosines. ``noise`` is the length of what is added to an item's features of length 1, anew in every step.
    ``hidden_width`` hidden units stand beside the linear map of a tower; 0 leaves towers linear. ``neighbor_rate`` and
    ``neighbor_batch`` stand in for ``training.learning_rate`` and ``training.batch_size`` at their defaults,
    ``neighbor_steps`` for ``training.epochs = "auto"``. By ``auto``, up to 128 bits and for nested lengths, targets
    spread over 8 items, noise is .5, 1,024 hidden units, batches of 768 pairs, and the partner's share by the goal .1
    (both), .3 (partners), 0 (neighbors); for longer codes, whose start is nearer to the features, 64, .3, 0, 1,024, 0.
    """

    partner_share: Annotated[float, Field(ge=0, lt=1)] | Literal["auto"] = "auto"
    n_alike: Positive | Literal["auto"] = "auto"
    noise: NotNegative | Literal["auto"] = "auto"
    neighbor_rate: Positive = 1e-2
    neighbor_batch: Annotated[int, Field(ge=2)] | Literal["auto"] = "auto"
    neighbor_steps: Count = 1000
    first_scale: Positive = 10.0
    hidden_width: Annotated[int, Field(ge=0)] | Literal["auto"] = "auto"

    def settled(self, bits: int, goal: str, *, nested: bool = False) -> NeighborsSection:
        """Without ``auto``: numbers for codes of that many bits and that goal; any other than the named is ``both``."""
        long = bits > _LONGEST_SHORT and not nested
        numbers = _LONG if long else {**_SHORT, "partner_share": PARTNER_SHARE.get(goal, PARTNER_SHARE["both"])}
        return self.model_copy(update={key: value for key, value in numbers.items() if getattr(self, key) == "auto"})
