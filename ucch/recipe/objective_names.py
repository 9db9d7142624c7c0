"""Names of the objectives, and which of them need labels."""

from __future__ import annotations

from typing import Annotated, Literal

from .sections import ForgivingName

__all__ = ["LABELLED", "ObjectiveName"]


ObjectiveName = Annotated[
    Literal["ucch", "unihash", "mlwch-like", "uchm-like", "djsrh", "jdsh", "dgcpn", "cirh", "neighbors"], ForgivingName
]
LABELLED = frozenset({"unihash", "mlwch-like"})  # learn from labels, those of the data or made up
