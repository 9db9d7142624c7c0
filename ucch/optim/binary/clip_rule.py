"""Latent values kept near zero, where a sign can still flip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ..._checks import positive
from .binary_map import LatentRule

__all__ = ["ClipRule"]


@dataclass(frozen=True)
class ClipRule(LatentRule):
    """Keep latent values in [-c, c] after every step of the base.

    Args:
        bound: c, a finite number above 0; 1 as in BinaryConnect.

    Shape:
        - latent values: any.

    Raises:
        ValueError: ``bound`` is not above 0.

    Note:
        A gradient that points outwards at the bound has no effect, as with the clipped straight-through estimator; the
        state of the base still takes it in. Cost: one pass over the parameter.

    Reference:
        Courbariaux et al., "BinaryConnect", NeurIPS 2015, section 2.4.

    Example:
        >>> import torch
        >>> latent = torch.tensor([-3.0, 0.5])
        >>> ClipRule().move(latent, None)
        >>> latent
        tensor([-1.0000,  0.5000])
    """

    name: ClassVar[str] = "clip"
    bound: float = 1.0

    def __post_init__(self) -> None:
        positive("bound", self.bound)

    def move(self, latent: Tensor, before: Tensor | None) -> None:
        latent.clamp_(-self.bound, self.bound)
