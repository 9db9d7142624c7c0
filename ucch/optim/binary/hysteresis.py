"""Hysteresis: a bit flips only when its latent value is well on the other side; with zero starts, Bop's rule."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import ClassVar

import torch
from torch import Tensor

from ..._checks import interval, one_of
from .binary_map import BinaryMap
from .signs import write_signs

__all__ = ["HysteresisMap", "write_hysteresis"]

STARTS = ("value", "zero")


def write_hysteresis(code: Tensor, latent: Tensor, *, threshold: float) -> None:
    """Flip, in place, the bits k of a code of +-1 with ``k v < -threshold``; a tie flips nothing.

    Example:
        >>> code = torch.tensor([1.0, 1.0, -1.0])
        >>> write_hysteresis(code, torch.tensor([-0.1, -0.3, 0.2]), threshold=0.2)
        >>> code
        tensor([ 1., -1., -1.])
    """
    stays = code.to(latent.dtype, copy=True).mul_(latent)
    torch.ge(stays, -threshold, out=stays)
    code.mul_(stays.mul_(2).sub_(1))


@dataclass(frozen=True)
class HysteresisMap(BinaryMap):
    """Show codes that flip late: ``k <- -k`` where ``k v < -threshold``, else k stays; ``w = s k``.

    Noise that keeps a latent value within the threshold of 0 flips nothing. With ``start_at="zero"`` on
    ``SGD(lr=gamma, weight_decay=1)`` the latent value is minus Bop's average of gradients,
    ``v <- (1 - gamma) v - gamma g``, and the rule is Bop's: flip where the average points along the bit and is longer
    than the threshold.

    Args:
        threshold: in [0, inf), in units of latent values; 0 by default, where only ties differ from :class:`SignMap`.
        start_at: ``"value"`` (default) leaves latent values as they are; ``"zero"`` sets them to 0 once codes are
            taken, so that nothing but gradients is in them.
        scale: s, a number (default 1), ``"tensor"`` or ``"row"`` for the mean magnitude of v.

    Shape:
        - parameter and latent values: any.

    Raises:
        ValueError: an option is outside its range.

    Note:
        The parameter holds the code: in evaluation, and on reloading, it stays. A measured scale and
        ``start_at="zero"`` do not go together, since latent values then are no lengths; they are refused. Cost: eight
        passes over the parameter, and a temporary tensor of its size.

    Reference:
        Helwegen et al., "Latent Weights Do Not Exist: Rethinking Binarized Neural Network Optimization", NeurIPS 2019.

    Example:
        >>> from ucch.optim import BinaryOptimizer
        >>> weight = torch.nn.Parameter(torch.tensor([0.7, -0.2]))
        >>> base = torch.optim.SGD([{"params": [weight], "binary": True}], lr=0.5, weight_decay=1.0)
        >>> bop = BinaryOptimizer(base, HysteresisMap(threshold=0.1, start_at="zero"))
        >>> weight.grad = torch.tensor([0.5, 0.1])  # averages .25 and .05
        >>> bop.step()
        >>> weight.detach()
        tensor([-1., -1.])
    """

    name: ClassVar[str] = "hysteresis"
    threshold: float = 0.0
    start_at: str = "value"

    def __post_init__(self) -> None:
        super().__post_init__()
        interval("threshold", self.threshold, 0.0, inf, open_high=True)
        one_of("start_at", self.start_at, STARTS)
        if self.start_at == "zero" and isinstance(self.scale, str):
            raise ValueError(f"scale must be a number where start_at is 'zero', got {self.scale!r}")

    def start(self, parameter: Tensor, latent: Tensor, scale: float | Tensor) -> None:
        write_signs(parameter, latent, scale)
        if self.start_at == "zero":
            latent.zero_()

    def write(self, parameter: Tensor, latent: Tensor, scale: float | Tensor, step: int) -> None:
        write_signs(parameter, parameter, 1.0)
        write_hysteresis(parameter, latent, threshold=self.threshold)
        parameter.mul_(scale)

    def write_binary(self, parameter: Tensor, latent: Tensor, scale: float | Tensor) -> None:
        write_signs(parameter, parameter, scale)
