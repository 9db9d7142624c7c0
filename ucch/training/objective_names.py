"""Names of the objectives, and which of them need labels."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

__all__ = ["LABELLED", "ObjectiveName"]


def _plain(value: Any) -> Any:
    return value.strip().lower().replace("_", "-") if isinstance(value, str) else value


ObjectiveName = Annotated[
    Literal["ucch", "unihash", "mlwch-like", "uchm-like", "djsrh", "jdsh", "dgcpn", "cirh"], BeforeValidator(_plain)
]
LABELLED = frozenset({"unihash", "mlwch-like"})  # learn from labels, those of the data or made up
