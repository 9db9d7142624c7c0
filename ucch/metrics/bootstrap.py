"""How sure a mean over queries is: bootstrap intervals, and the paired comparison of two runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._checks import interval, positive_int

__all__ = ["MeanInterval", "PairedDifference", "bootstrap_mean", "paired_bootstrap"]

_CELLS = 1 << 20  # draws held at a time


@dataclass(frozen=True)
class MeanInterval:
    """A mean over queries between its percentile bounds; ``queries`` counts those without NaN."""

    mean: float
    low: float
    high: float
    queries: int


@dataclass(frozen=True)
class PairedDifference:
    """The mean of ``first - second`` over the same queries.

    Attributes:
        mean, low, high: the difference between its percentile bounds.
        p_value: two-sided: how often a resampled mean difference, centred at 0, is at least as far from 0 as the
            observed one.
        share_first_better: resamples in which the first run has the higher mean, ties counting half.
        queries: queries that count in both runs.
    """

    mean: float
    low: float
    high: float
    p_value: float
    share_first_better: float
    queries: int


def bootstrap_mean(values: npt.ArrayLike, *, seed: int = 0, resamples: int = 2000, level: float = 0.95) -> MeanInterval:
    """Bound the mean over queries by the percentile bootstrap.

    Queries are drawn with replacement ``resamples`` times; the bounds are the ``(1 - level)/2`` and
    ``(1 + level)/2`` quantiles of the means. They say how the mean would vary with other queries of the same
    kind, over the same database and the same trained model; variation between training seeds is not in them.

    Args:
        values: one number per query, (Q,), such as :func:`~ucch.metrics.average_precision`; NaN (skipped) are
            left out.
        seed: of the draws; the same seed and values give the same bounds.
        resamples: at least 1; 2,000 put the bounds within about 3 % of the interval's width.
        level: in (0, 1).

    Returns:
        The mean and its bounds. Cost: O(Q resamples) time, 16 MB.

    Raises:
        TypeError: ``resamples`` is not an int.
        ValueError: ``values`` is not a vector with a number that counts, or an option is out of range.
    """
    counted = _counted("values", _vector("values", values))
    low, high = _quantiles(_resampled_means(counted, seed, resamples), level)
    return MeanInterval(float(counted.mean()), low, high, len(counted))


def paired_bootstrap(
    first: npt.ArrayLike, second: npt.ArrayLike, *, seed: int = 0, resamples: int = 2000, level: float = 0.95
) -> PairedDifference:
    """Compare two runs on the same queries by the paired bootstrap of their difference.

    Each query contributes one difference, so what makes a query hard for both runs cancels. A query that is NaN in
    either run is left out.

    Args:
        first, second: one number per query, (Q,), in the same order.
        seed, resamples, level: as :func:`bootstrap_mean`.

    Returns:
        The difference ``first - second``. The p-value is ``(1 + #{|m* - m| >= |m|}) / (1 + resamples)`` with m the
        observed and m* the resampled mean, never 0.

    Raises:
        TypeError, ValueError: as :func:`bootstrap_mean`, or the lengths differ.

    Reference:
        B. Efron, R. Tibshirani. An Introduction to the Bootstrap. Chapman & Hall 1993, section 16.4.
    """
    left, right = _vector("first", first), _vector("second", second)
    if len(left) != len(right):
        raise ValueError(f"first and second must hold the same queries, got {len(left)} and {len(right)}")
    difference = _counted("first - second", left - right)
    mean = float(difference.mean())
    means = _resampled_means(difference, seed, resamples)
    low, high = _quantiles(means, level)
    slack = 1e-12 * float(np.abs(difference).max())  # rounding of a mean
    as_far = int((np.abs(means - mean) >= abs(mean) - slack).sum())
    better = float((means > slack).mean() + 0.5 * (np.abs(means) <= slack).mean())
    return PairedDifference(mean, low, high, (1 + as_far) / (1 + resamples), better, len(difference))


def _vector(name: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        raise ValueError(f"{name} must hold one number per query, got shape {vector.shape}")
    return vector


def _counted(name: str, vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    counted = vector[~np.isnan(vector)]
    if counted.size == 0:
        raise ValueError(f"{name} must hold a query that counts, got {vector.size} queries, all NaN")
    return counted


def _resampled_means(values: npt.NDArray[np.float64], seed: int, resamples: int) -> npt.NDArray[np.float64]:
    positive_int("resamples", resamples)
    generator = np.random.default_rng(seed)

    def draws() -> Iterator[npt.NDArray[np.float64]]:
        step = max(1, _CELLS // len(values))
        for start in range(0, resamples, step):
            shape = (min(step, resamples - start), len(values))
            yield values[generator.integers(len(values), size=shape)].mean(axis=1)

    return np.concatenate(list(draws()))


def _quantiles(means: npt.NDArray[np.float64], level: float) -> tuple[float, float]:
    interval("level", level, 0.0, 1.0, open_high=True)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
