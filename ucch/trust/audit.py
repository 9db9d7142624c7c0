"""Which pairs are likely wrong, and how many of those named are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data import Pairs
from ..errors import DataError
from ..teachers import item_features
from .agreement import pair_agreement
from .mixture import AgreementMixture

__all__ = ["FEWEST", "PairAudit", "audit_pairs"]

FEWEST = 200  # pairs under which nothing is said


@dataclass(frozen=True, eq=False)
class PairAudit:
    """What an audit found.

    Attributes:
        agreement: (N,) how well the views of each pair fit; standard normal where they were put together at random.
        right: (N,) probability that a pair is right.
        mixture: from one to the other; ``mixture.wrong`` is the share of wrong pairs, if ``mixture.tells``.
    """

    agreement: npt.NDArray[np.float64]
    right: npt.NDArray[np.float64]
    mixture: AgreementMixture

    def suspects(self, least: float = 0.5) -> npt.NDArray[np.int64]:
        """Rows that are wrong with a probability of at least ``least``, the least agreeing first."""
        rows = np.argsort(self.agreement, kind="stable")
        return rows[1 - self.right[rows] >= least].astype(np.int64)

    def precision(self, rows: npt.NDArray[np.int64]) -> float | None:
        """Expected share of wrong pairs among ``rows``; 1 for none; None where that cannot be told."""
        if not self.mixture.tells:
            return None
        return float(np.mean(1 - self.right[rows])) if len(rows) else 1.0


def audit_pairs(pairs: Pairs, *, image_scaling: str = "auto", text_scaling: str = "auto", seed: int = 0) -> PairAudit:
    """Look for pairs whose views belong to different items, without labels and without training.

    Args:
        pairs: at least 200. Labels are not read; of several captions their mean counts.
        image_scaling, text_scaling: modes of :class:`~ucch.data.FeatureScaler`.
        seed: of what :func:`~ucch.trust.pair_agreement` draws.

    Raises:
        DataError: there are fewer pairs.

    Note:
        A right pair that looks like chance, such as a photograph of an empty room with a text about history, counts
        as wrong. So on features that know little of one another the share is too high, which ``mixture.tells`` says:
        then the order of :meth:`PairAudit.suspects` is still that of agreement, but no probability counts.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> image = rng.normal(size=(400, 16))
        >>> text = image + 0.3 * rng.normal(size=image.shape)
        >>> text[:40] = text[np.roll(np.arange(40), 1)]
        >>> named = audit_pairs(Pairs(image, text)).suspects()
        >>> bool((named < 40).mean() > 0.9), len(named) > 30
        (True, True)
    """
    if len(pairs) < FEWEST:
        raise DataError(f"an audit needs at least {FEWEST} pairs to tell wrong ones from right ones, got {len(pairs)}")
    image, text = item_features(pairs, image_scaling=image_scaling, text_scaling=text_scaling)
    agreement = pair_agreement(image, text, seed=seed).double().numpy()
    mixture = AgreementMixture.fit(agreement)
    return PairAudit(agreement, mixture.right(agreement), mixture)
