"""Whether new pairs are of the kind that a run was trained on, asked without labels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import hypot, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from ...baselines import share_space
from ...data import Pairs
from ...data.joined import joined_pairs
from ...models import HashModel
from ...runs.model_recipe import model_recipe
from ..closed_form import sampled_features
from ..guarantee import kept_by_item
from .grown_recipe import check_widths

__all__ = ["Drift", "measured_drift"]

_ASK, _GALLERY = 1000, 4000  # most pairs that ask, of each kind; most that answer beside them
_FEWEST = 20  # pairs that ask
_LEAST, _CERTAIN = 0.1, 2.0  # share lost that makes a drift, and how many standard errors make it certain


@dataclass(frozen=True)
class KeptOf:
    """What codes keep of pairs: means over those, with standard errors.

    Attributes:
        neighbors: share of the float ten nearest among the ten nearest by code.
        partners: share of partners among the ten nearest.
        neighbors_error, partners_error: standard errors of both.
        n_pairs: that asked.
    """

    neighbors: float
    neighbors_error: float
    partners: float
    partners_error: float
    n_pairs: int

    @classmethod
    def of(cls, neighbors: npt.NDArray[np.float64], partners: npt.NDArray[np.float64]) -> KeptOf:
        """From figures by item, (n,) each."""
        figures = [(float(part.mean()), float(part.std(ddof=1) / sqrt(len(part)))) for part in (neighbors, partners)]
        return cls(*figures[0], *figures[1], len(neighbors))


@dataclass(frozen=True)
class Drift:
    """What codes keep of earlier pairs that no step saw, and of new ones, among the same earlier pairs.

    Attributes:
        earlier, new: :class:`KeptOf`.
        gallery: earlier training pairs that answer both.
        advice: ``grow`` where new pairs are kept as well as earlier ones were, or lose a tenth at most; ``retrain``
            where neighbours or partners lose more, and surely.
    """

    earlier: KeptOf
    new: KeptOf
    gallery: int
    advice: str

    def __str__(self) -> str:
        def said(kept: KeptOf) -> str:
            return (
                f"neighbours {kept.neighbors:.3f} ± {kept.neighbors_error:.3f}, partners {kept.partners:.3f} ±"
                f" {kept.partners_error:.3f}"
            )

        then = {
            "grow": "no drift that retraining would pay for: ucch train --continue will do",
            "retrain": "new pairs are of another kind: train on all pairs again",
        }
        return (
            f"codes keep of {self.earlier.n_pairs:,} earlier pairs that were not trained on: {said(self.earlier)}; of"
            f" {self.new.n_pairs:,} new ones: {said(self.new)}; {then[self.advice]}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "text": str(self)}


def measured_drift(model: HashModel, train: Pairs, unseen: Pairs, new: Pairs) -> Drift:
    """Ask with pairs that the model has not seen, of the earlier kind and new, among the pairs it was trained on.

    An item's neighbours are its ten nearest by the features, across the modalities where these share a space, else by
    its own; a code keeps one that is among its ten nearest by Hamming distance. Both kinds were seen by no step and ask
    the same gallery, so that they differ where the pairs do. No label is read.

    Args:
        model: of the earlier run.
        train: pairs it was trained on; at most 4,000, evenly spread, answer.
        unseen: pairs of the same kind that it was not trained on, such as its queries; at most 1,000 ask.
        new: pairs that came later; at most 1,000 ask.

    Returns:
        The figures. ``retrain`` where of neighbours or partners more than a tenth is lost, by more than two standard
        errors of the difference. O(n M (d + D/64)) for n that ask and M that answer.

    Raises:
        DataError: features of other widths.
        ValueError: fewer than 20 complete pairs of a kind.
    """
    kinds = {"train": train.complete(), "unseen": unseen.complete(), "new": new.complete()}
    for name, pairs in kinds.items():
        check_widths(model, pairs)
        if len(pairs) < _FEWEST:
            raise ValueError(
                f"{name} must hold at least {_FEWEST} complete pairs, got {len(pairs)}; a drift needs more"
            )
    gallery = kinds["train"].spread(_GALLERY)
    image, text = sampled_features(model_recipe(model), gallery)
    shared = share_space(image.numpy(), text.numpy())

    def kept(pairs: Pairs) -> KeptOf:
        asks = pairs.spread(_ASK)
        neighbors, partners = kept_by_item(model, joined_pairs(asks, gallery), len(asks), shared=shared)
        assert partners is not None  # of pairs
        return KeptOf.of(neighbors, partners)

    earlier, fresh = kept(kinds["unseen"]), kept(kinds["new"])
    drifted = any(_lost(earlier, fresh, name) for name in ("neighbors", "partners"))
    return Drift(earlier, fresh, len(gallery), "retrain" if drifted else "grow")


def _lost(earlier: KeptOf, new: KeptOf, name: str) -> bool:
    before, after = getattr(earlier, name), getattr(new, name)
    error = hypot(getattr(earlier, f"{name}_error"), getattr(new, f"{name}_error"))
    return bool(before - after > max(_LEAST * before, _CERTAIN * error))
