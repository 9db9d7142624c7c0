"""What is believed of pairs."""

from __future__ import annotations

from typing import Annotated, Literal

from .section_base import ForgivingName, Section

__all__ = ["OneSided", "PairsSection"]

OneSided = Annotated[Literal["refuse", "drop", "keep"], ForgivingName]


class PairsSection(Section):
    """Wrong pairs and missing sides; docs/wrong_pairs.md, docs/missing_sides.md.

    With ``trust = "auto"`` pairs whose image and text likely belong to different items
    (:func:`~ucch.trust.audit_pairs`) train as two items of one side each. ``one_sided`` says what becomes of items that
    lack a side: ``refuse``, ``drop`` leaves them out, ``keep`` trains by the side there is.
    """

    one_sided: OneSided = "refuse"
    trust: Annotated[Literal["none", "auto"], ForgivingName] = "none"
