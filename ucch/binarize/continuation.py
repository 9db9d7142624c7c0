"""Tanh continuation: a tanh that steepens over the run until it is nearly a sign."""

from __future__ import annotations

from math import sqrt

from torch import Tensor, nn

from .._checks import interval, one_of
from .tanh import tanh_query

__all__ = ["PATHS", "ContinuationQuery", "continuation_slope"]

PATHS = ("geometric", "square_root")


def continuation_slope(progress: float, *, last: float = 10.0, path: str = "square_root") -> float:
    """Slope at a share of the run: from 1 at 0 to ``last`` at 1.

    ``sqrt(1 + (last^2 - 1) p)`` on the square-root path, the shape of HashNet's schedule; ``last^p`` on the geometric.

    Args:
        progress: p in [0, 1].
        last: slope at the end, at least 1.
        path: one of ``PATHS``.

    Example:
        >>> [round(continuation_slope(p, last=10.0), 2) for p in (0.0, 0.5, 1.0)]
        [1.0, 7.11, 10.0]
    """
    interval("progress", progress, 0.0, 1.0)
    one_of("path", path, PATHS)
    return sqrt(1 + (last**2 - 1) * progress) if path == "square_root" else last**progress


class ContinuationQuery(nn.Module):
    """Query for a code by ``tanh(s u)`` at unit length, with a slope s that rises over the run.

    Call :meth:`advance` as training goes on; the slope is otherwise constant. Steep slopes have vanishing gradients
    where ``|s u|`` is large, so that little moves at the end.

    Args:
        last: slope at the end of the run, in [1, inf); 10 by default.
        path: ``"square_root"`` (default) or ``"geometric"``.

    Shape:
        - ``u``: (B, D) real outputs.
        - output: (B, D) unit rows, float32 or wider; a row of zeros stays zero.

    Raises:
        ValueError: an option is outside its range.

    Note:
        HashNet raises s with the iteration, ``sqrt(1 + .005 t)`` every 200, which reaches 2.8 in 1,400 iterations;
        here the path is scaled to the length of the run (our choice).

    Reference:
        Cao et al., "HashNet: Deep Learning to Hash by Continuation", ICCV 2017.

    Example:
        >>> import torch
        >>> query = ContinuationQuery(last=100.0)
        >>> query.advance(1.0)
        >>> query(torch.tensor([[0.1, -0.2]]))
        tensor([[ 0.7071, -0.7071]])
    """

    def __init__(self, last: float = 10.0, *, path: str = "square_root") -> None:
        super().__init__()
        self.last = interval("last", last, 1.0, float("inf"), open_high=True)
        self.path = one_of("path", path, PATHS)
        self.slope = 1.0

    def advance(self, progress: float) -> None:
        """Set the slope for a share of the run in [0, 1]."""
        self.slope = continuation_slope(progress, last=self.last, path=self.path)

    def forward(self, u: Tensor) -> Tensor:
        return tanh_query(self.slope * u)

    def extra_repr(self) -> str:
        return f"last={self.last}, path={self.path!r}, slope={self.slope:.4g}"
