"""A run that goes on from an earlier one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .section_base import NotNegative, Positive, Section

__all__ = ["GrowingSection"]


class GrowingSection(Section):
    """Growing, ``ucch train --continue``; docs/growing.md.

    ``earlier`` is the folder of the run it goes on from, empty for a run of its own. ``replay`` names the features of
    the earlier pairs where they are at hand; without them those pairs take part by their codes. With ``keep_codes``
    the codes that earlier items have answer on. ``step_share`` is the share of the steps of training on all pairs,
    ``rate_share`` that of the learning rate, ``nearness`` the weight of staying near the earlier towers' outputs; by
    ``auto`` 1 and 0 where earlier pairs train again, and without their features .5 and 2, or 1 and 4 where
    neighbours or partners are kept.
    """

    earlier: str = ""
    replay: str = ""
    keep_codes: bool = False
    step_share: Annotated[float, Field(gt=0, le=1)] = 0.15
    rate_share: Positive | Literal["auto"] = "auto"
    nearness: NotNegative | Literal["auto"] = "auto"
