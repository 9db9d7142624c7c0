"""Two kinds of pairs, wrong ones whose agreement is standard normal and right ones, told apart by their agreement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["AgreementMixture"]

Real = npt.NDArray[np.float64]
_EDGES = np.concatenate([[-np.inf], np.arange(-30, 29) / 10, [np.inf]])  # of the cells in which agreement is counted
_STARTS = tuple((share, mean) for share in (-3.0, 0.0) for mean in (1.5, 3.0))
_BOUNDS = [(-6.0, 3.0), (0.0, 8.0), (-1.6, 0.5)]  # logit of wrong, peak, log spread
_RATE = 2.0  # of the tail of right pairs


@dataclass(frozen=True)
class AgreementMixture:
    """Agreement of pairs, a share ``wrong`` of them ``N(0, 1)``, the others ``N(peak, spread^2) - Exp(rate)``.

    Attributes:
        wrong: share of wrong pairs, in (0, 1).
        peak, spread: of the agreement of right pairs.
        rate: of the exponential, which makes their tail towards the wrong ones; 2, not fitted.

    Note:
        The two-group model with a theoretical null: what wrong pairs look like is known, since any image with any text
        is one (:func:`~ucch.trust.pair_agreement`); the three numbers are fitted to counts in cells of .1 by maximum
        likelihood. Wrong pairs hide the tail of the right ones, so that a fitted rate rises with their share and takes
        right pairs for wrong: it is fixed, a little below the 2.4 to 2.6 found where hardly any pair is wrong. That
        form is **ours**. A right pair whose agreement is standard normal cannot be told from a wrong one by any method
        that looks at agreement: :class:`~ucch.trust.PairAudit` asks whether there are many.

    Reference:
        Efron, "Microarrays, Empirical Bayes and the Two-Groups Model", Statistical Science 23(1), 2008.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> mixed = np.concatenate([rng.normal(size=600), 2.5 - rng.exponential(0.5, size=1400)])
        >>> round(AgreementMixture.fit(mixed).wrong, 1)
        0.3
    """

    wrong: float
    peak: float
    spread: float
    rate: float = _RATE

    @classmethod
    def fit(cls, agreement: npt.ArrayLike) -> AgreementMixture:
        """Fit to the agreement of all pairs, (N,)."""
        from scipy.optimize import minimize

        counts = np.bincount(_cells(agreement), minlength=len(_EDGES) - 1)

        def cost(found: Real) -> float:
            mixture = cls._of(found)
            mixed = mixture.wrong * _chance() + (1 - mixture.wrong) * mixture._right_cells()
            return float(-(counts @ np.log(np.maximum(mixed, 1e-12))) / counts.sum() + 1e-4 * (found**2).sum())

        starts = [np.array([share, peak, np.log(0.5)]) for share, peak in _STARTS]
        fits = [minimize(cost, start, method="L-BFGS-B", bounds=_BOUNDS) for start in starts]
        return cls._of(min(fits, key=lambda one: float(one.fun)).x)

    @classmethod
    def _of(cls, found: Real) -> AgreementMixture:
        return cls(float(1 / (1 + np.exp(-found[0]))), float(found[1]), float(np.exp(found[2])))

    def right(self, agreement: npt.ArrayLike) -> Real:
        """Probability that a pair of this agreement is right, (N,); it never falls as agreement rises."""
        ratio = self._right_cells() / _chance()
        low = int(np.argmin(ratio[: np.searchsorted(_EDGES, self.peak)]))
        ratio[:low] = ratio[low]  # the tail of right pairs is the heavier one far out, where nothing was seen
        ratio = np.maximum.accumulate(ratio)
        odds = (1 - self.wrong) / self.wrong * ratio
        return np.asarray((odds / (1 + odds))[_cells(agreement)])

    def _right_cells(self) -> Real:
        """Probability of each cell among right pairs."""
        from scipy.stats import exponnorm

        above = exponnorm.cdf(-_EDGES, 1 / (self.spread * self.rate), loc=-self.peak, scale=self.spread)
        return np.asarray(np.clip(-np.diff(np.clip(np.nan_to_num(above), 0, 1)), 0, 1))


def _chance() -> Real:
    """Probability of each cell among wrong pairs."""
    from scipy.special import ndtr

    return np.asarray(np.diff(ndtr(_EDGES)))


def _cells(agreement: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Number of the cell that each agreement falls into."""
    return np.searchsorted(_EDGES[1:-1], np.asarray(agreement, dtype=np.float64), side="right").astype(np.int64)
