"""How many pairs of a collection are near by chance, seen from the pairs that are not so near."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["duplicate_radius", "expected_unrelated", "widest_radius"]

_SHARE, _FEWEST = 0.05, 6  # pairs that the fit looks at, and places

Counts = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]


def widest_radius(n_bits: int) -> int:
    """An eighth of the bits: near-duplicates are looked for within, chance is estimated from beyond."""
    return n_bits // 8


def expected_unrelated(sample: Counts) -> Real:
    """Estimate the share of pairs within each radius 0..D/8 that are near though nothing relates them.

    Pairs at distances above D/8, up to the one within which 5 % lie, are taken for unrelated. Their number as function
    of the distance, ``log n(d) = a - b t - c t^2`` with ``t = end - d`` and b, c at least 0, is fitted by Poisson
    regression and carried on to 0. Distances of unrelated pairs that are near normal have just this form.

    Args:
        sample: (D + 1,) pairs of the collection, all or drawn at random, at each distance.

    Returns:
        (D / 8 + 1,) shares of all pairs, rising. Where no pair lies in the range of the fit, as in small collections,
        one is assumed at its end.

    Note:
        An empirical null: what is sought is rare, so nearly all pairs are unrelated. The estimate is only as good as
        the form; codes that bring a kind together have pairs at distance 0 that are no duplicates, and the fit sees
        that in the many pairs just beyond D/8.

    Reference:
        Efron, "Large-Scale Simultaneous Hypothesis Testing: The Choice of a Null Hypothesis", JASA 99, 2004.

    Example:
        >>> far = np.bincount(np.random.default_rng(0).binomial(64, 0.5, 200_000), minlength=65)
        >>> bool(expected_unrelated(far)[-1] < 1e-9)  # of 64 fair coins 8 heads at most: 1.4e-10
        True
    """
    from scipy.optimize import minimize

    n_bits, total = len(sample) - 1, int(sample.sum())
    start = widest_radius(n_bits)
    end = max(start + _FEWEST, int(np.searchsorted(sample.cumsum(), _SHARE * total, "right")) - 1)
    end = min(end, n_bits)
    counts = sample[start + 1 : end + 1].astype(np.float64)
    if not counts.any():
        counts[-1:] = 1.0
    span = max(1, end)
    below = (end - np.arange(end + 1)) / span
    terms = np.stack([np.ones(end + 1), -below, -(below**2)])  # (3, end + 1)
    seen = terms[:, start + 1 :]

    def cost(fit: Real) -> tuple[float, Real]:
        rate = np.exp(np.minimum(fit @ seen, 50))
        return float(rate.sum() - counts @ (fit @ seen)) / counts.sum(), seen @ (rate - counts) / counts.sum()

    first = np.array([np.log(counts.mean()), 1.0, 1.0])
    found = minimize(cost, first, jac=True, method="L-BFGS-B", bounds=[(None, None), (0, None), (0, None)])
    rates = np.exp(np.minimum(found.x @ terms[:, : start + 1], 50))
    return np.asarray(np.minimum(1, rates.cumsum() / total))


def duplicate_radius(found: Counts, expected: Real, precision: float) -> tuple[int | None, Real]:
    """The largest radius whose pairs are duplicates with at least this precision, by ``1 - expected / found``.

    Args:
        found: (R + 1,) pairs of the collection within each radius.
        expected: (R + 1,) how many of them are unrelated, in expectation.
        precision: in [0, 1).

    Returns:
        The radius, None where there is none; and the estimated precision within each radius, 1 where nothing is found.

    Example:
        >>> duplicate_radius(np.array([10, 12, 13]), np.array([0.0, 0.1, 2.0]), 0.99)[0]
        1
    """
    estimated = np.where(found > 0, 1 - np.minimum(expected, found) / np.maximum(found, 1), 1.0)
    fine = np.flatnonzero(estimated >= precision)
    return (int(fine[-1]) if len(fine) else None), estimated
