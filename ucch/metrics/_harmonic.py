"""Spans of the harmonic series, the closed form behind every tie-aware average."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["consecutive_sum", "harmonic_span"]

_SMALL = 32  # below it the asymptotic tail is not accurate to the last digit
_TERMS = np.tile(1.0 / np.arange(1, _SMALL + 1), (_SMALL + 1, 1))
_FIRST = np.pad(np.triu(_TERMS).cumsum(axis=1), ((0, 0), (1, 0)))  # [a, b]: the sum of 1/k over a < k <= b <= _SMALL


def harmonic_span(start: npt.NDArray[np.int64], length: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Sum ``1/(start + j)`` over ``j = 1..length``, elementwise, to about 1e-15 of its value.

    ``H(start + length) - H(start)``, never as the difference of two large numbers: the terms up to 1/32 are summed, in
    a table; for those after, with ``x = n + 1/2``, the harmonic number is ``ln x + tail(x)`` plus a constant, and the
    logarithms go through ``log1p``. Cost: O(size).
    """
    end = start + length
    low = np.maximum(start, _SMALL) + 0.5
    rest = np.maximum(end - np.maximum(start, _SMALL), 0)
    late = np.log1p(rest / low) + (_tail(low + rest) - _tail(low))
    return np.asarray(_FIRST[np.minimum(start, _SMALL), np.minimum(end, _SMALL)] + late)


def _tail(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return H(x - 1/2) - ln(x) - gamma for x > 32, an even series in 1/x."""
    inverse = 1.0 / (x * x)
    series = 1 / 24 - inverse * (7 / 960 - inverse * (31 / 8064 - inverse * (127 / 30720)))
    return np.asarray(inverse * series)


def consecutive_sum(
    relevant_before: npt.NDArray[np.int64], before: npt.NDArray[np.int64], found: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Sum the precisions ``(R + i)/(N + i)``, i = 1..found, of relevant items that stand one after the other."""
    return np.asarray(found + (relevant_before - before) * harmonic_span(before, found))
