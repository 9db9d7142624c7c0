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
        zero_share: share of values that are exactly 0.
        length_mean: mean Euclidean length of the rows.
        length_deviation: standard deviation of the row lengths.
    """

    n_rows: int
    mean: Vector
    variance: Vector
    zero_share: float
    length_mean: float
    length_deviation: float


def feature_statistics(
    features: FeatureArray, *, unit_rows: bool = False, name: str = "features", chunk_rows: int | None = None
) -> FeatureStatistics:
    """Gather :class:`FeatureStatistics` in one pass; memory is a few chunks, whatever the number of rows.

    Chunks are merged by their means and sums of squared deviations, which stays exact where the mean is large
    against the deviation (summing raw squares would not).

    Args:
        features: (n, d) real numbers, in memory or memory-mapped.
        unit_rows: describe the rows divided by their lengths instead; rows of zeros stay zeros.
        name: what the array is called in messages.
        chunk_rows: rows read at a time; chosen by width by default.

    Raises:
        DataError: a value is not finite; the message names the first row.
        ValueError: there is no row.
    """
    if len(features) == 0:
        raise ValueError(f"{name} must have at least one row, got shape {features.shape}")
    columns, lengths, zeros = _NOTHING, _NOTHING, 0
    held, scratch = np.empty((0, 1)), np.empty((0, 1))  # memory for a chunk, and for what is computed of it, used again
    for rows in row_chunks(features, chunk_rows):
        chunk = features[rows]
        check_chunk(name, chunk, first_row=rows.start)
        if len(held) < len(chunk):
            held, scratch = np.empty(chunk.shape), np.empty(chunk.shape)
        values, square = held[: len(chunk)], scratch[: len(chunk)]
        values[:] = chunk
        length = np.sqrt(np.multiply(values, values, out=square).sum(axis=1, keepdims=True))  # (rows, 1)
        if unit_rows:
            values /= np.where(length > 0, length, 1.0)
            length = (length > 0).astype(np.float64)
        columns = _merge(columns, _moments(values, square))
        lengths = _merge(lengths, _moments(length, np.empty_like(length)))
        zeros += int(np.count_nonzero(values == 0))
    return FeatureStatistics(
        n_rows=columns.count,
        mean=columns.mean,
        variance=columns.squares / columns.count,
        zero_share=zeros / features.size,
        length_mean=float(lengths.mean[0]),
        length_deviation=float(np.sqrt(lengths.squares[0] / lengths.count)),
    )


@dataclass(frozen=True, eq=False)
class _Moments:
    """Row count, column means and column sums of squared deviations."""

    count: int
    mean: Vector
    squares: Vector


_NOTHING = _Moments(0, np.zeros(1), np.zeros(1))


def _moments(values: npt.NDArray[np.float64], scratch: npt.NDArray[np.float64]) -> _Moments:
    """Those of the rows of a chunk; ``scratch`` is of its shape and is written over."""
    mean = values.mean(axis=0)
    np.square(np.subtract(values, mean, out=scratch), out=scratch)
    return _Moments(len(values), mean, scratch.sum(axis=0))


def _merge(first: _Moments, second: _Moments) -> _Moments:
    """Moments of two chunks together (Chan, Golub and LeVeque's pairwise update)."""
    count = first.count + second.count
    shift = second.mean - first.mean
    squares = first.squares + second.squares + np.square(shift) * (first.count * second.count / count)
    return _Moments(count, first.mean + shift * (second.count / count), squares)
