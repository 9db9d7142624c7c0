"""How far an annealed map has come: a share of the way from real to binary values."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, exp, pi

from ..._checks import one_of, positive, positive_int
from .binary_map import BinaryMap

__all__ = ["SHAPES", "AnnealedMap", "annealing_progress"]

SHAPES = ("cosine", "linear", "sigmoid")


def annealing_progress(step: int, *, steps: int, shape: str = "linear", steepness: float = 10.0) -> float:
    """Share of the way at a step: 0 at step 0, exactly 1 from ``steps`` on.

    With x the step over ``steps``: x itself (``"linear"``), ``(1 - cos(pi x)) / 2`` (``"cosine"``), or a logistic curve
    of ``steepness`` through (1/2, 1/2), stretched to run from 0 to 1 (``"sigmoid"``).

    Args:
        step: steps taken, at least 0.
        steps: length of the way, at least 1.
        shape: one of ``SHAPES``.
        steepness: of the sigmoid, above 0; near 0 it is linear.

    Reference:
        Jin et al., "PARQ: Piecewise-Affine Regularized Quantization", ICML 2025 (the sigmoid).

    Example:
        >>> [round(annealing_progress(step, steps=4, shape="cosine"), 3) for step in range(6)]
        [0.0, 0.146, 0.5, 0.854, 1.0, 1.0]
    """
    if step >= steps:
        return 1.0
    x = step / steps
    if shape == "linear":
        return x
    if shape == "cosine":
        return (1 - cos(pi * x)) / 2
    first, here = (1 / (1 + exp(-steepness * (at - 0.5))) for at in (0.0, x))
    return (here - first) / (1 - 2 * first)


@dataclass(frozen=True)
class AnnealedMap(BinaryMap):
    """A map whose values go from real to binary in a number of steps and stay there.

    Args:
        steps: length of the way after the warm-up, at least 1; from then on values are exactly binary.
        shape: of the way, ``"linear"``, ``"cosine"`` or ``"sigmoid"``.
        steepness: of the sigmoid, above 0.
        scale: as of :class:`BinaryMap`.
    """

    steps: int
    shape: str = "linear"
    steepness: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive_int("steps", self.steps)
        one_of("shape", self.shape, SHAPES)
        positive("steepness", self.steepness)

    def progress(self, step: int) -> float:
        """Share of the way at a step, :func:`annealing_progress`."""
        return annealing_progress(step, steps=self.steps, shape=self.shape, steepness=self.steepness)
