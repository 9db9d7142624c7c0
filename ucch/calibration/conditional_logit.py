"""A choice among the items of a gallery by their distances, fitted on queries whose partner is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["fit_decay"]

Real = npt.NDArray[np.float64]


def fit_decay(
    place: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], own: npt.NDArray[np.int64]
) -> tuple[float, float]:
    """Fit how fast an item's weight falls with its distance: ``w(x) = exp(-(slope x + curve x^2))``, never rising.

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
        ``slope`` and ``curve``. O(Q B) a step of the solver, some tens of steps.

    Raises:
        ValueError: shapes do not fit, or a query has no partner, or nothing else than partners.

    Reference:
        McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974; Platt, "Probabilistic Outputs for
        Support Vector Machines", 1999, for the targets.

    Example:
        >>> place, counts = np.array([0.1, 0.5]), np.array([[1, 2], [1, 2], [1, 2]])
        >>> slope, curve = fit_decay(place, counts, np.array([[1, 0], [1, 0], [0, 1]]))
        >>> near, far = np.exp(-(slope * place + curve * place**2))
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
    terms = np.stack([place, place**2])  # (2, B)
    wanted = target.sum(0) @ terms.T

    def cost(decay: Real) -> tuple[float, Real]:
        weight = np.exp(-(decay @ terms - (decay @ terms).min()))  # (B,) at most 1
        total = counts @ weight
        expected = (counts / total[:, None]).sum(0) * weight @ terms.T
        loss = decay @ wanted - (decay @ terms).min() * len(counts) + np.log(total).sum()
        return float(loss) / len(counts), (wanted - expected) / len(counts)

    found = minimize(cost, np.array([10.0, 10.0]), jac=True, method="L-BFGS-B", bounds=[(0, None), (0, None)])
    return float(found.x[0]), float(found.x[1])
