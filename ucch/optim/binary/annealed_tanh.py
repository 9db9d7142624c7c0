"""Tanh continuation for parameters: a tanh that steepens until it is a sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ..._checks import positive
from .annealing import AnnealedMap
from .signs import spread_out, write_signs

__all__ = ["AnnealedTanhMap"]


@dataclass(frozen=True)
class AnnealedTanhMap(AnnealedMap):
    """Show a tanh that steepens: ``w = s tanh(b v / (s (1 - p)))``, with p the progress and b the first slope.

    Latent values take the gradient of w as their own; the tanh is not differentiated, so that values far from 0 keep
    moving when it is steep.

    Args:
        steps: of the annealing, at least 1.
        slope: b, the slope at 0 at the first step, above 0; 1 by default.
        shape: ``"linear"`` (default), ``"cosine"`` or ``"sigmoid"``.
        steepness: of the sigmoid, above 0.
        scale: s, a number (default 1), ``"tensor"`` or ``"row"`` for the mean magnitude of v.

    Shape:
        - parameter and latent values: any.

    Raises:
        TypeError, ValueError: an option is not of its kind or outside its range.

    Note:
        HashNet differentiates the tanh and stops at a finite slope; here the gradient is straight-through and the last
        slope is infinite. In float32 the tanh is a logistic function, ``2 / (1 + exp(-2 x)) - 1``, which torch has
        faster, exact to 1e-7 s. Cost: three passes over the parameter.

    Reference:
        Cao, Long, Wang and Yu, "HashNet: Deep Learning to Hash by Continuation", ICCV 2017; for weights Gong et al.,
        "Differentiable Soft Quantization", ICCV 2019.

    Example:
        >>> start, out = AnnealedTanhMap(steps=10), torch.empty(2)
        >>> start.write(out, torch.tensor([-0.5, 0.25]), 1.0, step=0)
        >>> out
        tensor([-0.4621,  0.2449])
    """

    name: ClassVar[str] = "annealed-tanh"
    slope: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("slope", self.slope)

    @property
    def reads_parameter(self) -> bool:
        return False

    def write(self, parameter: Tensor, latent: Tensor, scale: float | Tensor, step: int) -> None:
        progress = self.progress(step)
        if progress == 1.0:
            return write_signs(parameter, latent, scale)
        slope = self.slope / (1 - progress)
        length = scale.clamp_min(torch.finfo(scale.dtype).tiny) if isinstance(scale, Tensor) else scale
        if parameter.dtype != torch.float32:
            torch.mul(latent, slope / length, out=parameter).tanh_().mul_(scale)
            return
        torch.mul(latent, 2 * slope / length, out=parameter).sigmoid_()  # a sixth of the time of torch's tanh
        spread_out(parameter, scale)
