"""A hash tower that is a linear map plus a hidden layer which starts without a say."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .._checks import positive, positive_int
from .hash_tower import HashTower

__all__ = ["ResidualTower"]


class ResidualTower(HashTower):
    """Map features x to ``A x + g B relu(C x + |x| c) + a``, where B starts at zero: a linear map to begin with.

    With ``|x|`` beside c, features twice as long have outputs twice as long, as in a linear map.

    Args:
        n_features: dimension of the input.
        n_bits: D, outputs.
        width: hidden units H.
        gain: g, above 0: how much of the outputs' size a step of B moves. A and ``g B`` are one layer of the module,
            over the features and ``g`` times the hidden units, so that whatever folds into the last layer of a tower
            folds into both.

    C is drawn from a normal distribution of deviation 1 by the global generator.

    Shape:
        - input: (B, n_features), float.
        - output: (B, D). O(B (d H + (d + H) D)).

    Raises:
        TypeError, ValueError: a size is not an int of at least 1, or ``gain`` is not above 0.

    Note:
        **Ours.** The branch that starts at zero is that of residual networks.

    Example:
        >>> linear = HashTower(20, 8, n_layers=1)
        >>> tower, x = ResidualTower.around(linear, width=16), torch.randn(3, 20)
        >>> torch.allclose(tower(x), linear(x), atol=1e-6)
        True
    """

    def __init__(self, n_features: int, n_bits: int, *, width: int = 1024, gain: float = 1.0) -> None:
        for name, size in (("n_features", n_features), ("width", width)):
            positive_int(name, size)
        positive("gain", gain)
        super().__init__(n_features + width, n_bits, n_layers=1)
        self.n_features, self.width, self.gain = n_features, width, float(gain)
        self.hidden_weight = nn.Parameter(torch.randn(width, n_features))
        self.hidden_bias = nn.Parameter(torch.zeros(width))
        with torch.no_grad():
            self.last.weight[:, n_features:].zero_()

    @classmethod
    @torch.no_grad()
    def around(cls, linear: HashTower, *, width: int = 1024, gain: float = 1.0) -> ResidualTower:
        """A tower that begins as ``linear``, a tower of one layer."""
        tower = cls(linear.n_features, linear.n_bits, width=width, gain=gain)
        tower.last.weight[:, : linear.n_features] = linear.last.weight
        tower.last.bias.copy_(linear.last.bias)
        return tower

    def forward(self, x: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(x, dim=1, keepdim=True)
        hidden = nn.functional.linear(x, self.hidden_weight).add_(length * self.hidden_bias).relu_()
        out: Tensor = self.last(torch.cat([x, self.gain * hidden], dim=1))
        return out

    def config(self) -> dict[str, Any]:
        """Arguments that build the tower again, and its kind."""
        return {"kind": "residual", **{name: getattr(self, name) for name in ("n_features", "n_bits", "width", "gain")}}
