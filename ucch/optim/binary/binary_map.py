"""What a binary map is: a few options by which latent values become the values of a parameter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from torch import Tensor

from .signs import check_scale, write_signs

__all__ = ["BinaryMap", "LatentRule", "row_view"]


@dataclass(frozen=True)
class LatentRule(ABC):
    """Say where latent values may go: what happens to them after every step of the base optimizer.

    A rule is a frozen dataclass of numbers and strings; ``name`` is what a state dict calls it. Rules stand before a
    map in a :class:`MapChain`.
    """

    name: ClassVar[str]
    needs_before: ClassVar[bool] = False

    @abstractmethod
    def move(self, latent: Tensor, before: Tensor | None) -> None:
        """Change ``latent`` in place, row by row: a large one comes by blocks of rows.

        ``before`` is what it was before the base's step, where ``needs_before``.
        """

    def spec(self) -> dict[str, Any]:
        """Name and options, as a state dict holds them."""
        return {"map": self.name, **asdict(self)}


@dataclass(frozen=True, kw_only=True)
class BinaryMap(ABC):
    """Say what a parameter shows of its latent values.

    A map is a frozen dataclass of numbers and strings; ``name`` is what a state dict calls it. A map of one's own needs
    :meth:`write` and a name.

    Args:
        scale: the length s of a binary value: a number above 0 (default 1), or the mean magnitude of the latent values,
            ``"tensor"`` for one s and ``"row"`` for one s a row (the first dimension).

    Raises:
        ValueError: an option is outside its range.
    """

    name: ClassVar[str]
    scale: float | str = 1.0

    def __post_init__(self) -> None:
        check_scale(self.scale)

    @property
    def needs_before(self) -> bool:
        """Whether :meth:`move` asks for the latent values before the base's step."""
        return False

    @property
    def reads_parameter(self) -> bool:
        """Whether :meth:`write` asks what the parameter shows; where it does not, the parameter is scratch memory."""
        return True

    def start(self, parameter: Tensor, latent: Tensor, scale: float | Tensor) -> None:
        """Take over, after the warm-up: write the first values; a map may change the latent values too."""
        self.write(parameter, latent, scale, 0)

    def move(self, latent: Tensor, before: Tensor | None) -> None:
        """Change latent values in place after a step of the base; a map leaves this to the rules of a chain."""
        return None

    @abstractmethod
    def write(self, parameter: Tensor, latent: Tensor, scale: float | Tensor, step: int) -> None:
        """Write the values of training into ``parameter``, which still shows those of the last step, one by one.

        A large parameter comes by blocks of rows.

        Args:
            parameter, latent: of one shape; the parameter may be of a lower precision.
            scale: s, a number or a tensor that spreads over ``latent``.
            step: steps since the map took over; 0 when it does.
        """

    def write_binary(self, parameter: Tensor, latent: Tensor, scale: float | Tensor) -> None:
        """Write the values of evaluation: exactly ``+-s``, however far training has come."""
        write_signs(parameter, latent, scale)

    def spec(self) -> dict[str, Any]:
        """Name and options, as a state dict holds them."""
        return {"map": self.name, **asdict(self)}


def row_view(latent: Tensor) -> Tensor:
    """Latent values as (R, D): a row is everything under one index of the first dimension, a vector is one row."""
    return latent.reshape(1, -1) if latent.dim() < 2 else latent.flatten(1)
