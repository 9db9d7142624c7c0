"""How far stated probabilities are from how often things come true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .._checks import one_of, positive_int

__all__ = ["Reliability", "calibration_error"]

Binning = Literal["width", "count"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """What was stated and what came true, bin by bin; bins without a case are left out.

    Attributes:
        stated: mean probability in each bin, rising.
        true: share of its cases that came true.
        cases: in each bin, int64.
    """

    stated: npt.NDArray[np.float64]
    true: npt.NDArray[np.float64]
    cases: npt.NDArray[np.int64]

    @property
    def error(self) -> float:
        """The expected calibration error, ``sum_b (n_b / n) |stated_b - true_b|``, in [0, 1]."""
        return float((self.cases * np.abs(self.stated - self.true)).sum() / self.cases.sum())

    @property
    def error_by_chance(self) -> float:
        """What :attr:`error` would be, about, had every stated probability been right: cases are finite in number.

        In a bin of n_b cases the share that comes true scatters with variance ``s_b (1 - s_b) / n_b`` at most, so
        ``|stated_b - true_b|`` is ``sqrt(2 / pi)`` of that standard deviation in expectation, by the normal
        approximation, if cases are independent.
        """
        scatter = np.sqrt(2 / np.pi * self.stated * (1 - self.stated) / self.cases)
        return float((self.cases * scatter).sum() / self.cases.sum())


def calibration_error(
    probability: npt.ArrayLike, true: npt.ArrayLike, n_bins: int = 10, *, binning: Binning = "width"
) -> Reliability:
    """Compare probabilities with what came true, in bins.

    Args:
        probability: n >= 1 numbers in [0, 1], of any shape.
        true: booleans of the same shape.
        n_bins: at least 1.
        binning: ``width`` (default) cuts [0, 1] into bins of equal width, each closed below and open above but the
            last; ``count`` sorts the cases by probability and gives each bin as many.

    Returns:
        The bins; ``error`` is the expected calibration error. O(n log n).

    Raises:
        TypeError: ``true`` is not boolean, ``n_bins`` is not an int.
        ValueError: a probability is outside [0, 1], there is none, shapes differ, ``n_bins`` is below 1.

    Reference:
        Naeini, Cooper, Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.

    Example:
        >>> calibration_error([0.25, 0.25, 0.75, 0.75], [True, False, True, True], 2).error
        0.25
    """
    positive_int("n_bins", n_bins)
    one_of("binning", binning, ("count", "width"))
    stated, came = np.asarray(probability, np.float64), np.asarray(true)
    if came.dtype != np.bool_:
        raise TypeError(f"true must be boolean, got {came.dtype}")
    if stated.shape != came.shape or not stated.size:
        raise ValueError(
            f"probability and true must be of one shape, with a case at least, got {stated.shape} and {came.shape}"
        )
    stated, came = stated.ravel(), came.ravel()
    if not ((stated >= 0) & (stated <= 1)).all():
        raise ValueError(f"probability must lie in [0, 1], got from {stated.min()} to {stated.max()}")
    if binning == "width":
        place = np.minimum((stated * n_bins).astype(np.int64), n_bins - 1)
    else:
        place = np.empty(len(stated), np.int64)
        place[np.argsort(stated, kind="stable")] = np.arange(len(stated)) * n_bins // len(stated)
    cases = np.bincount(place, minlength=n_bins)
    some = cases > 0
    sums = (np.bincount(place, weights=values, minlength=n_bins)[some] for values in (stated, came))
    means = [total / cases[some] for total in sums]
    return Reliability(means[0], means[1], cases[some])
