"""BinaryRelax: values pulled towards their signs, harder and harder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .annealing import AnnealedMap
from .signs import write_signs

__all__ = ["BinaryRelaxMap"]


@dataclass(frozen=True)
class BinaryRelaxMap(AnnealedMap):
    """Show a mean of latent values and their signs: ``w = (1 - p) v + p s sign(v)``, with p the progress.

    It is the proximal map of ``lambda / 2 |w - s sign(w)|^2`` with p = lambda / (1 + lambda). Around 0 a gap of 2 p s
    opens, which no value lies in.

    Args:
        steps: of the annealing, at least 1.
        shape: ``"linear"`` (default), ``"cosine"`` or ``"sigmoid"``.
        steepness: of the sigmoid, above 0.
        scale: s, a number (default 1), ``"tensor"`` or ``"row"`` for the mean magnitude of v.

    Shape:
        - parameter and latent values: any.

    Raises:
        TypeError, ValueError: an option is not of its kind or outside its range.

    Note:
        The paper lets lambda grow by a factor per epoch and takes signs in a second phase; here p grows, as in torchao,
        and the second phase starts at ``steps``. Cost: four passes over the parameter.

    Reference:
        Yin, Zhang, Lyu, Osher, Qi and Xin, "BinaryRelax: A Relaxation Approach for Training Deep Neural Networks with
        Quantized Weights", SIAM J. Imaging Sciences 11(4), 2018.

    Example:
        >>> import torch
        >>> halfway, out = BinaryRelaxMap(steps=2), torch.empty(3)
        >>> halfway.write(out, torch.tensor([-0.5, 0.25, 2.0]), 1.0, step=1)
        >>> out
        tensor([-0.7500,  0.6250,  1.5000])
    """

    name: ClassVar[str] = "binary-relax"

    @property
    def reads_parameter(self) -> bool:
        return False

    def write(self, parameter: Tensor, latent: Tensor, scale: float | Tensor, step: int) -> None:
        progress = self.progress(step)
        write_signs(parameter, latent, scale)
        if progress < 1.0:
            parameter.mul_(progress).add_(latent, alpha=1 - progress)
