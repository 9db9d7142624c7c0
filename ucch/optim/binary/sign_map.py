"""Signs of latent values: BinaryConnect, and what is called straight-through when the parameter is a weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .binary_map import BinaryMap
from .signs import write_signs

__all__ = ["SignMap"]


@dataclass(frozen=True)
class SignMap(BinaryMap):
    """Show the signs of latent values: ``w = s sign(v)``, and v takes the gradient of w as its own.

    That gradient passes the sign as if it were the identity, which is the straight-through estimator. Latent values far
    from 0 then need many steps to flip; :class:`ClipRule` before this map keeps them near.

    Args:
        scale: s, a number (default 1), ``"tensor"`` or ``"row"`` for the mean magnitude of v.

    Shape:
        - parameter and latent values: any.

    Raises:
        ValueError: ``scale`` is outside its range.

    Note:
        sign(0) = +1. Cost of a step beside the base's: two passes over the parameter, one more with a measured scale.

    Reference:
        Courbariaux et al., "BinaryConnect", NeurIPS 2015; with ``scale="row"`` Rastegari et al., "XNOR-Net", ECCV 2016;
        Bengio et al., arXiv:1308.3432 (straight-through).

    Example:
        >>> import torch
        >>> from ucch.optim import BinaryOptimizer
        >>> weight = torch.nn.Parameter(torch.tensor([0.3, -2.0, 0.0]))
        >>> base = torch.optim.SGD([{"params": [weight], "binary": True}], lr=1.0)
        >>> optimizer = BinaryOptimizer(base, SignMap())
        >>> weight.grad = torch.tensor([0.5, 0.5, 0.0])
        >>> optimizer.step()
        >>> weight.detach()  # 0.3 became -0.2
        tensor([-1., -1.,  1.])
    """

    name: ClassVar[str] = "sign"

    @property
    def reads_parameter(self) -> bool:
        return False

    def write(self, parameter: Tensor, latent: Tensor, scale: float | Tensor, step: int) -> None:
        write_signs(parameter, latent, scale)
