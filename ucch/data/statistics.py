"""What the scaling rules need to know about a feature matrix, gathered in one pass over chunks of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .arrays import FeatureArray, check_chunk, row_chunks

__all__ = ["FeatureStatistics", "feature_statistics"]

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FeatureStatistics:
    """Moments of the features, all in float64.

    Args:
        n_rows: rows read.
        mean: (d,) mean of each dimension.
        variance: (d,) variance of each dimension, divided by the number of rows.
        low: smallest value.
        norm_mean: mean Euclidean norm of the rows.
        norm_deviation: standard deviation of the row norms.
    """

    n_rows: int
    mean: Vector
    variance: Vector
    low: float
    norm_mean: float
    norm_deviation: float


def feature_statistics(
    features: FeatureArray, *, name: str = "features", chunk_rows: int | None = None
) -> FeatureStatistics:
    """Gather :class:`FeatureStatistics` in one pass; memory is a few chunks, whatever the number of rows.

    Chunks are merged by their means and sums of squared deviations, which stays exact where the mean is large
    against the deviation (summing raw squares would not).

    Args:
        features: (n, d) real numbers, in memory or memory-mapped.
        name: what the array is called in messages.
        chunk_rows: rows read at a time; chosen by width by default.

    Raises:
        DataError: a value is not finite; the message names the first row.
    """
    merged: tuple[int, Vector, Vector] | None = None
    norms: tuple[int, Vector, Vector] | None = None
    low = np.inf
    for rows in row_chunks(features, chunk_rows):
        chunk = features[rows]
        check_chunk(name, chunk, first_row=rows.start)
        values = chunk.astype(np.float64)
        low = min(low, float(values.min()))
        merged = _merge(merged, _moments(values))
        norms = _merge(norms, _moments(np.linalg.norm(values, axis=1, keepdims=True)))
    if merged is None or norms is None:
        raise ValueError(f"{name} must have at least one row, got shape {features.shape}")
    n, mean, squares = merged
    return FeatureStatistics(
        n_rows=n,
        mean=mean,
        variance=squares / n,
        low=low,
        norm_mean=float(norms[1][0]),
        norm_deviation=float(np.sqrt(norms[2][0] / n)),
    )


def _moments(values: npt.NDArray[np.float64]) -> tuple[int, Vector, Vector]:
    """Count, mean and sum of squared deviations of each column."""
    mean = values.mean(axis=0)
    return len(values), mean, np.square(values - mean).sum(axis=0)


def _merge(first: tuple[int, Vector, Vector] | None, second: tuple[int, Vector, Vector]) -> tuple[int, Vector, Vector]:
    """Moments of two chunks together (Chan, Golub and LeVeque's pairwise update)."""
    if first is None:
        return second
    n, m = first[0], second[0]
    shift = second[1] - first[1]
    return n + m, first[1] + shift * (m / (n + m)), first[2] + second[2] + np.square(shift) * (n * m / (n + m))
