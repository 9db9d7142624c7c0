"""A choice among the items of a gallery by their distances, fitted on queries whose partner is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["fit_decay", "spread_of"]

_PRIOR_ITEMS = 10  # that a typical spread counts for
_LEAST = 1e-6  # spread, as a share of the largest distance

Real = npt.NDArray[np.float64]


def spread_of(place: npt.ArrayLike, counts: npt.ArrayLike, typical: float) -> Real:
    """Estimate the standard deviation of a query's distances to items such as those of its gallery.

    Of few items it says little, so it is drawn to what is typical, as if 10 more items had been seen: of n items with
    variance v it is the root of ``(n v + 10 typical^2) / (n + 10)``.

    Args:
        place: (B,) distances.
        counts: (Q, B) items at each of them, or (B,).
        typical: at least 0.

    Returns:
        (Q,) or a number, at least 1e-6.

    Example:
        >>> spread_of([0.0, 1.0], [[5, 5], [10, 0]], typical=0.5).round(3).tolist()
        [0.5, 0.354]
    """
    n = np.asarray(counts, np.float64).sum(-1)
    variance = (n * _variance(place, counts) + _PRIOR_ITEMS * typical**2) / (n + _PRIOR_ITEMS)
    return np.asarray(np.sqrt(np.maximum(variance, _LEAST**2)))


def fit_decay(
    place: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], own: npt.NDArray[np.int64]
) -> tuple[float, float, float]:
    """Fit how fast an item's weight falls: ``w(x) = exp(-(slope x / spread + curve x^2))``, never rising.

    The spread is that of the query's own distances (:func:`spread_of`): a difference says much where a query is about
    as far from everything, and less where its distances differ widely.

    The partner of a query is one of the items of its gallery, item i with probability ``w(x_i) / sum_j w(x_j)``: a
    conditional logit, the logistic regression of a choice among many. Both numbers maximise the likelihood of the
    partners that are known. It is concave, and both are kept at 0 or above, so that nearer never means less likely.

    Targets are smoothed as Platt smooths those of his sigmoid: of Q queries each gives the share ``1 / (Q + 2)`` of
    its choice to the other items, or a gallery in which every partner comes first would ask for infinite numbers.

    Args:
        place: (B,) distances, in [0, 1], at which items are counted.
        counts: (Q, B) items of each query's gallery at each distance; Q >= 1.
        own: (Q, B) its partners among them, one at least.

    Returns:
        ``slope``, ``curve`` and the typical spread, the root of the mean variance. O(Q B) a step of the solver, some
        tens of steps.

    Raises:
        ValueError: shapes do not fit, or a query has no partner, or nothing else than partners.

    Reference:
        McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974; Platt, "Probabilistic Outputs for
        Support Vector Machines", 1999, for the targets.

    Example:
        >>> place, counts = np.array([0.1, 0.5]), np.array([[1, 2], [1, 2], [1, 2]])
        >>> slope, curve, typical = fit_decay(place, counts, np.array([[1, 0], [1, 0], [0, 1]]))
        >>> near, far = np.exp(-(slope * place / spread_of(place, counts[0], typical) + curve * place**2))
        >>> float(round(near / (near + 2 * far), 2))  # two of three partners are near, less what smoothing takes
        0.57
    """
    from scipy.optimize import minimize

    if place.ndim != 1 or counts.shape != own.shape or counts.shape[1:] != place.shape or not len(counts):
        raise ValueError(
            f"counts and own must be (Q, {len(place)}) alike, Q at least 1, got {counts.shape} and {own.shape}"
        )
    others = counts - own
    if not (own.sum(1) > 0).all() or not (others.sum(1) > 0).all() or (others < 0).any():
        raise ValueError("every query needs a partner in its gallery, and an item that is none")
    smoothed = 1 / (len(counts) + 2)
    target = (1 - smoothed) * own / own.sum(1, keepdims=True) + smoothed * others / others.sum(1, keepdims=True)
    typical = float(np.sqrt(_variance(place, counts).mean()))
    near, far = place / spread_of(place, counts, typical)[:, None], place**2  # (Q, B), (B,)
    wanted = np.array([(target * near).sum(), (target @ far).sum()])

    def cost(decay: Real) -> tuple[float, Real]:
        fall = decay[0] * near + decay[1] * far
        least = np.where(counts > 0, fall, np.inf).min(1, keepdims=True)
        weight = counts * np.exp(np.minimum(least - fall, 0))
        total = weight.sum(1, keepdims=True)
        share = weight / total
        expected = np.array([(share * near).sum(), (share @ far).sum()])
        loss = decay @ wanted + (np.log(total) - least).sum()
        return float(loss) / len(counts), (wanted - expected) / len(counts)

    # L-BFGS-B stops short where the optimum has a number at 0, and truncated Newton a little
    bounds, start = [(0, None), (0, None)], np.array([1.0, 10.0])
    found = minimize(cost, start, jac=True, method="SLSQP", bounds=bounds, options={"ftol": 1e-14})
    slope, curve = np.maximum(found.x, 0).tolist()
    return slope, curve, typical


def _variance(place: npt.ArrayLike, counts: npt.ArrayLike) -> Real:
    """Of the distances of (Q, B) or (B,) items at (B,) places: (Q,), or a number; 0 where there is none."""
    at, n = np.asarray(place, np.float64), np.asarray(counts, np.float64)
    share = n / np.maximum(n.sum(-1, keepdims=True), 1e-300)
    mean = np.asarray(share @ at)[..., None]
    return np.asarray(((at - mean) ** 2 * share).sum(-1))
