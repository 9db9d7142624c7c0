"""Which pairs are likely wrong, and how many of those named are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..data import Pairs
from ..errors import DataError
from ..teachers import item_features
from .agreement import pair_agreement
from .mixture import AgreementMixture

__all__ = ["FEWEST", "PairAudit", "audit_pairs"]

FEWEST = 200  # pairs under which nothing is said
_LEAST_PEAK, _MOST_SPREAD, _MOST_FADING = 2.0, 0.75, 0.05
_CHECKS, _EXCHANGED = 3, 0.2


@dataclass(frozen=True, eq=False)
class PairAudit:
    """What an audit found.

    Attributes:
        agreement: (N,) how well the views of each pair fit; standard normal where they were put together at random.
        right: (N,) probability that a pair is right.
        mixture: from one to the other; ``mixture.wrong`` is the share of wrong pairs, if the audit ``tells``.
        fading: share of the right pairs that ceased to look right when a known fifth of the texts was exchanged, mean
            of three draws; below 0 where the estimate rose by less than that fifth.
    """

    agreement: npt.NDArray[np.float64]
    right: npt.NDArray[np.float64]
    mixture: AgreementMixture
    fading: float

    @property
    def tells(self) -> bool:
        """Whether shares and probabilities count: :attr:`doubt` is empty."""
        return not self.doubt

    @property
    def doubt(self) -> str:
        """Why right pairs do not stand apart from chance as one kind; empty where they do.

        Their ``mixture.peak`` must be at least 2, their ``mixture.spread`` at most .75 (that of chance is 1), and
        ``fading`` at most .05.
        """
        if self.mixture.peak < _LEAST_PEAK:
            return f"their agreement peaks at {self.mixture.peak:.1f}, and {_LEAST_PEAK:.0f} is needed"
        if self.mixture.spread > _MOST_SPREAD:
            return f"their agreement has a spread of {self.mixture.spread:.2f}, and {_MOST_SPREAD} is the most"
        if self.fading > _MOST_FADING:
            return (
                f"{self.fading:.0%} of them ceased to look right when a known fifth of the texts was exchanged, and"
                f" {_MOST_FADING:.0%} may"
            )
        return ""

    def suspects(self, least: float = 0.5) -> npt.NDArray[np.int64]:
        """Rows that are wrong with a probability of at least ``least``, the least agreeing first."""
        rows = np.argsort(self.agreement, kind="stable")
        return rows[1 - self.right[rows] >= least].astype(np.int64)

    def precision(self, rows: npt.NDArray[np.int64]) -> float | None:
        """Expected share of wrong pairs among ``rows``; 1 for none; None where that cannot be told."""
        if not self.tells:
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
        as wrong. Agreement alone cannot show such pairs, but a test can: where a known fifth of the texts is exchanged,
        the share of wrong pairs must rise from w to 1 - .8 (1 - w). It rises by more where many right pairs are barely
        so, since less is learnt of how images and texts go together and these fall back to chance. ``tells`` is false
        then: the order of :meth:`PairAudit.suspects` is still that of agreement, but no probability counts. **Ours**.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> image = rng.normal(size=(400, 16))
        >>> text = image + 0.3 * rng.normal(size=image.shape)
        >>> text[:40] = text[np.roll(np.arange(40), 1)]
        >>> named = audit_pairs(Pairs(image, text)).suspects()
        >>> bool((named < 40).mean() > 0.9), len(named) > 20
        (True, True)
    """
    if len(pairs) < FEWEST:
        raise DataError(f"an audit needs at least {FEWEST} pairs to tell wrong ones from right ones, got {len(pairs)}")
    image, text = item_features(pairs, image_scaling=image_scaling, text_scaling=text_scaling)
    agreement = pair_agreement(image, text, seed=seed).double().numpy()
    mixture = AgreementMixture.fit(agreement)
    return PairAudit(agreement, mixture.right(agreement), mixture, _fading(image, text, mixture, seed))


def _fading(image: Tensor, text: Tensor, mixture: AgreementMixture, seed: int) -> float:
    """Share of right pairs lost when a fifth of the texts is exchanged, beyond those exchanged."""
    found = []
    for draw in range(_CHECKS):
        order = np.random.default_rng([seed, draw]).permutation(len(text))
        moved = torch.from_numpy(order[: round(_EXCHANGED * len(text))])
        exchanged = text.clone()
        exchanged[moved] = text[moved.roll(1)]
        wrong = AgreementMixture.fit(pair_agreement(image, exchanged, seed=seed).numpy()).wrong
        found.append(1 - (1 - wrong) / ((1 - mixture.wrong) * (1 - len(moved) / len(text))))
    return float(np.mean(found))
