"""What recipe sections are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["Count", "ForgivingName", "NotNegative", "Positive", "Section", "Share"]


def _plain(value: Any) -> Any:
    return value.strip().lower().replace("_", "-") if isinstance(value, str) else value


ForgivingName = BeforeValidator(_plain)  # before a Literal of names: case, "_" for "-" and spaces around are forgiven
Share = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A part of a recipe: frozen, every key known, every value of its own type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
