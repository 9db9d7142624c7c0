"""PARQ for two values: a ramp between them that steepens until it is a sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .annealing import AnnealedMap
from .signs import write_signs

__all__ = ["PiecewiseAffineMap"]


@dataclass(frozen=True)
class PiecewiseAffineMap(AnnealedMap):
    """Show a ramp that steepens: ``w = clip(v / (1 - p), -s, s)``, with p the progress of the annealing.

    It is the proximal map of PARQ's piecewise-affine regularizer for the two values -s and s. At p = 0 latent values
    within them show as they are; at p = 1 the ramp is the sign.

    Args:
        steps: of the annealing, at least 1.
        shape: ``"sigmoid"`` (default, as in PARQ), ``"linear"`` or ``"cosine"``.
        steepness: of the sigmoid, above 0; 10 as in PARQ's code.
        scale: s, a number (default 1), ``"tensor"`` or ``"row"`` for the mean magnitude of v.

    Shape:
        - parameter and latent values: any.

    Raises:
        TypeError, ValueError: an option is not of its kind or outside its range.

    Note:
        torchao leaves parameters alone before its annealing starts; here values beyond s are clipped from the first
        step on, and a ``warmup`` leaves them alone. torchao finds two values by least squares, which ``"row"`` and
        ``"tensor"`` give in closed form for values symmetric to 0. Cost: two passes over the parameter.

    Reference:
        Jin, Ma, Liu, Gromov, Defazio and Xiao, "PARQ: Piecewise-Affine Regularized Quantization", ICML 2025.

    Example:
        >>> halfway, out = PiecewiseAffineMap(steps=2, shape="linear"), torch.empty(3)
        >>> halfway.write(out, torch.tensor([-0.75, 0.125, 0.5]), 1.0, step=1)
        >>> out
        tensor([-1.0000,  0.2500,  1.0000])
    """

    name: ClassVar[str] = "piecewise-affine"
    shape: str = "sigmoid"

    @property
    def reads_parameter(self) -> bool:
        return False

    def write(self, parameter: Tensor, latent: Tensor, scale: float | Tensor, step: int) -> None:
        progress = self.progress(step)
        if progress == 1.0:
            return write_signs(parameter, latent, scale)
        torch.mul(latent, 1 / (1 - progress), out=parameter)
        parameter.clamp_(-scale, scale)  # type: ignore[arg-type]
