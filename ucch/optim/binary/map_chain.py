"""Rules for latent values and a map for what is shown, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from .binary_map import BinaryMap, LatentRule

__all__ = ["MapChain"]


@dataclass(frozen=True, init=False)
class MapChain(BinaryMap):
    """Compose rules for latent values with a map: ``MapChain(ClipRule(1.0), SignMap(scale="row"))``.

    After a step of the base the rules move the latent values in their order, then the map writes the parameter.

    Args:
        parts: any number of :class:`LatentRule`, then one :class:`BinaryMap`, whose scale is that of the chain.

    Raises:
        TypeError: the last part is no map, or one before it is no rule.

    Example:
        >>> from ucch.optim import ClipRule, SignMap
        >>> chain = MapChain(ClipRule(0.5), SignMap())
        >>> chain
        MapChain(ClipRule(bound=0.5), SignMap(scale=1.0))
    """

    name: ClassVar[str] = "chain"
    parts: tuple[BinaryMap | LatentRule, ...]

    def __init__(self, *parts: BinaryMap | LatentRule) -> None:
        object.__setattr__(self, "parts", parts)
        if not parts or not isinstance(parts[-1], BinaryMap) or isinstance(parts[-1], MapChain):
            raise TypeError(f"the last part of a MapChain must be a binary map such as SignMap, got {parts!r}")
        for rule in parts[:-1]:
            if not isinstance(rule, LatentRule):
                raise TypeError(f"parts before the last of a MapChain must be rules such as ClipRule, got {rule!r}")
        object.__setattr__(self, "scale", parts[-1].scale)

    @property
    def needs_before(self) -> bool:
        """Whether one of the rules does."""
        return any(part.needs_before for part in self.parts)

    @property
    def reads_parameter(self) -> bool:
        return self.shown.reads_parameter

    @property
    def shown(self) -> BinaryMap:
        """The last part."""
        last = self.parts[-1]
        return last  # type: ignore[return-value]  # checked when it was made

    def start(self, parameter: Tensor, latent: Tensor, scale: float | Tensor) -> None:
        self.shown.start(parameter, latent, scale)

    def move(self, latent: Tensor, before: Tensor | None) -> None:
        for part in self.parts:
            part.move(latent, before)

    def write(self, parameter: Tensor, latent: Tensor, scale: float | Tensor, step: int) -> None:
        self.shown.write(parameter, latent, scale, step)

    def write_binary(self, parameter: Tensor, latent: Tensor, scale: float | Tensor) -> None:
        self.shown.write_binary(parameter, latent, scale)

    def spec(self) -> dict[str, Any]:
        return {"map": self.name, "parts": [part.spec() for part in self.parts]}

    def __repr__(self) -> str:
        return f"MapChain({', '.join(map(repr, self.parts))})"
