"""Names of the objectives, and which of them need labels."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from .section_base import ForgivingName

__all__ = ["LABELLED", "OBJECTIVES", "ObjectiveName"]


_Objective = Literal["ucch", "unihash", "mlwch-like", "uchm-like", "djsrh", "jdsh", "dgcpn", "cirh", "neighbors"]
ObjectiveName = Annotated[_Objective, ForgivingName]
OBJECTIVES: tuple[str, ...] = get_args(_Objective)[1:]  # beside UCCH's own losses
LABELLED = frozenset({"unihash", "mlwch-like"})  # learn from labels, those of the data or made up
