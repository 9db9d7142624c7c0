"""From distances to the probability of being a query's partner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._checks import positive_int
from ..plain_json import parse_json
from .conditional_logit import fit_decay, spread_of

__all__ = ["FEWEST", "FORMAT", "DistanceMap", "Gallery", "PartnerCalibration"]

FORMAT = "ucch-calibration-2"
FEWEST = 20  # pairs under which nothing is calibrated
_REAL_BINS = 512  # that real distances, in [0, 2], are counted in
_NEAR, _UNRELATED = 0.5, 0.01  # a likely match is as near as half of the partners, and as few others

Real = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Gallery:
    """What the items of an index are to a query; several queries are rows of equal shape.

    Attributes:
        spread: standard deviation of the distances, as shares of the largest one
            (:func:`~ucch.calibration.spread_of`).
        log_evidence: log of the summed weights of all items; -inf where there is none.
    """

    spread: Real
    log_evidence: Real

    def __getitem__(self, key: Any) -> Gallery:
        """Index both, to choose queries or to broadcast: ``gallery[:, None]``."""
        return Gallery(self.spread[key], self.log_evidence[key])


@dataclass(frozen=True)
class DistanceMap:
    """How the weight of an item falls with its distance, and up to where it is a likely match.

    Attributes:
        slope, curve: at least 0; the weight is ``exp(-(slope x / spread + curve x^2))`` of the distance x as a share of
            the largest one, see :func:`~ucch.calibration.fit_decay`.
        spread: what is typical of it, for galleries of few items.
        likely: the largest x of a likely match.
    """

    slope: float
    curve: float
    spread: float
    likely: float

    def log_weight(self, share: npt.ArrayLike, spread: npt.ArrayLike) -> Real:
        """Log of the weight of items at distances in [0, 1] of the largest; 0 at distance 0, never rising."""
        x = np.asarray(share, np.float64)
        return -(self.slope * x / np.asarray(spread, np.float64) + self.curve * x * x)

    def gallery(self, share: npt.ArrayLike, counts: npt.ArrayLike) -> Gallery:
        """What items are to queries that count (Q, B) of them at (B,) distances, or to one that counts (B,)."""
        n = np.asarray(counts, np.float64)
        spread = spread_of(share, n, self.spread)
        weight = np.where(n > 0, self.log_weight(share, spread[..., None]), -np.inf)
        top = np.maximum(weight.max(-1, initial=-np.inf), -1e300)  # finite where there is no item
        with np.errstate(divide="ignore"):
            return Gallery(spread, np.asarray(top + np.log((n * np.exp(weight - top[..., None])).sum(-1))))


@dataclass(frozen=True)
class PartnerCalibration:
    """The probability that an item is the partner of a query of the other modality.

    ``P(i | query, gallery) = min(1, m w(d_i) / sum_j w(d_j))``, the sum over all N items of the gallery, with
    ``w(d) = exp(-(slope x / s + curve x^2))``, x the distance as a share of the largest and s the standard deviation of
    the x of the gallery. It is a logistic function whose intercept, ``-log sum_j w(d_j) / m``, is the gallery's: it
    falls as log N for items drawn alike, and further for a query that many items are near. Two numbers, fitted on pairs
    that no weight was trained on.

    It assumes that the gallery holds the partners, m of them: one picture for a text, for a picture as many texts as
    one had among the pairs set aside. Words that belong to no picture have no partner; whether anything fits at all is
    what :meth:`likely` says, which asks neither N nor the other items: a match is likely if it is as near as half of
    the partners set aside, and as few (1 in 100) of the pairs that do not belong together.

    Attributes:
        n_bits: D.
        hamming: of Hamming distances, as shares of D.
        real: of ``1 - <u, b> / (|u| sqrt(D))`` of real queries, as shares of 2.
        texts_per_image: m for a picture that asks.
        n_pairs: set aside.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> meant = rng.normal(size=(40, 32))
        >>> image, text = (meant + rng.normal(size=meant.shape) for _ in range(2))
        >>> calibration = PartnerCalibration.fit(image, text)
        >>> counts = np.bincount([3, 9, 15, 16, 16, 17], minlength=33)  # six items, at these distances
        >>> probability = calibration.probability([3, 9, 16], calibration.gallery(counts))
        >>> bool(probability[0] > 0.5 > probability[1] > probability[2])
        True
    """

    n_bits: int
    hamming: DistanceMap
    real: DistanceMap
    texts_per_image: float
    n_pairs: int

    @classmethod
    def fit(
        cls,
        image: npt.ArrayLike,
        text: npt.ArrayLike,
        *,
        image_of_text: npt.ArrayLike | None = None,
        as_queries: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]] | None = None,
    ) -> PartnerCalibration:
        """Learn from pairs set aside: each image asks the texts of all, each text the images.

        Args:
            image: (n, D) real outputs, n >= 2, of pairs that towers were not trained on.
            text: (m, D) real outputs.
            image_of_text: (m,) the image that each text belongs to; None where text i belongs to image i.
            as_queries: makes real queries (Q, D) of outputs, as :meth:`ucch.models.HashModel.as_queries`; by default
                queries are the outputs.

        Raises:
            ValueError: shapes do not fit, there is one image alone, or an image has no text.

        Note:
            Cost: O(n m D) time for n images and m texts, memory some ``60 (n + m) 512`` bytes. The approximation is one
            of the choice of form: two terms of the distance, and items that are independent given them.
        """
        images, texts = np.asarray(image, np.float32), np.asarray(text, np.float32)
        own = np.arange(len(texts)) if image_of_text is None else np.asarray(image_of_text, np.int64)
        if images.ndim != 2 or texts.ndim != 2 or images.shape[1] != texts.shape[1] or own.shape != texts.shape[:1]:
            raise ValueError(
                "image and text must be outputs of one width, with an image for each text,"
                f" got shapes {images.shape}, {texts.shape} and {own.shape}"
            )
        if len(images) < 2 or not np.array_equal(np.unique(own), np.arange(len(images))):
            raise ValueError(f"every one of two images or more needs a text, got {len(images)} images")
        sides = ((images, texts, np.arange(len(images)), own), (texts, images, own, np.arange(len(images))))
        asked = as_queries or (lambda outputs: outputs)
        n_bits = images.shape[1]
        maps = []
        for rounded in (True, False):
            n_places = n_bits + 1 if rounded else _REAL_BINS
            counted = [
                _counted(side[0] if rounded else asked(side[0]), *side[1:], n_places=n_places, rounded=rounded)
                for side in sides
            ]
            counts, partners = (np.concatenate(table) for table in zip(*counted, strict=True))
            place = np.arange(n_places) / n_bits if rounded else (np.arange(n_places) + 0.5) / n_places
            maps.append(DistanceMap(*fit_decay(place, counts, partners), _likely(place, counts, partners)))
        return cls(n_bits, maps[0], maps[1], len(texts) / len(images), len(images))

    def gallery(self, counts: npt.ArrayLike) -> Gallery:
        """What items are to queries that count (Q, D + 1) of them at each Hamming distance."""
        return self.hamming.gallery(np.arange(self.n_bits + 1) / self.n_bits, counts)

    def probability(self, distance: npt.ArrayLike, gallery: Gallery, *, asks: str = "text", real: bool = False) -> Real:
        """Probability of being the partner, in [0, 1], of items at these distances.

        Args:
            distance: Hamming distances, or with ``real`` those of real queries, in [0, 2].
            gallery: of the queries, which broadcasts with the distances (:meth:`gallery`).
            asks: the query's modality, ``image`` or ``text``; items are of the other.
            real: what the distances are.
        """
        share, one = self._share(distance, real=real)
        partners = self.texts_per_image if asks == "image" else 1.0
        weight = one.log_weight(share, gallery.spread) - gallery.log_evidence
        return np.asarray(np.minimum(1, partners * np.exp(np.minimum(weight, 0))))

    def likely(self, distance: npt.ArrayLike, *, real: bool = False) -> npt.NDArray[np.bool_]:
        """Whether items at these distances are likely matches, whatever else the gallery holds."""
        share, one = self._share(distance, real=real)
        return np.asarray(share <= one.likely + 1e-9)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, with the format's version."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_dict(cls, values: Any) -> PartnerCalibration:
        """Undo :meth:`as_dict`; what somebody else wrote is checked.

        Raises:
            ValueError: another format or version, a key is missing, or a number has no such value.
        """
        version = values.get("format") if isinstance(values, Mapping) else None
        if version != FORMAT:
            raise ValueError(f"expected a calibration of format {FORMAT!r}, got {version!r}")
        try:
            maps = [DistanceMap(*(_number(values[name][key]) for key in _KEYS)) for name in ("hamming", "real")]
            bits, pairs = (positive_int(name, values[name]) for name in ("n_bits", "n_pairs"))
            return cls(bits, maps[0], maps[1], _number(values["texts_per_image"]), pairs)
        except (KeyError, TypeError) as error:
            raise ValueError(f"the calibration is damaged: {error}") from error

    @classmethod
    def from_json(cls, text: str | bytes) -> PartnerCalibration:
        """Read what ``calibration.json`` of a run folder holds; ``ValueError`` where it is damaged."""
        return cls.from_dict(parse_json(text))

    def _share(self, distance: npt.ArrayLike, *, real: bool) -> tuple[Real, DistanceMap]:
        found = np.asarray(distance, np.float64)
        return (found / 2, self.real) if real else (found / self.n_bits, self.hamming)


_KEYS = ("slope", "curve", "spread", "likely")


def _number(value: object) -> float:
    """A finite number of at least 0, else ``ValueError``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise ValueError(f"the calibration is damaged: expected a finite number of at least 0, got {value!r}")
    return float(value)


def _counted(
    asks: npt.NDArray[np.float32],
    answers: npt.NDArray[np.float32],
    own: Counts,
    theirs: Counts,
    *,
    n_places: int,
    rounded: bool,
) -> tuple[Counts, Counts]:
    """Items, and partners among them, that each query counts at each place: twice (Q, B)."""
    codes = np.where(answers >= 0, 1, -1).astype(np.float32).T
    counts, partners = (np.zeros((len(asks), n_places), np.int64) for _ in range(2))
    for row, outputs in enumerate(asks):
        if rounded:
            place = (len(outputs) - np.where(outputs >= 0, 1, -1).astype(np.float32) @ codes).astype(np.int64) // 2
        else:
            length = np.linalg.norm(outputs) * np.sqrt(len(outputs), dtype=np.float32)
            cosine = outputs @ codes / length if length > 0 else np.zeros(codes.shape[1], np.float32)
            place = np.clip(((1 - cosine) / 2 * n_places).astype(np.int64), 0, n_places - 1)
        counts[row] = np.bincount(place, minlength=n_places)
        partners[row] = np.bincount(place[theirs == own[row]], minlength=n_places)
    return counts, partners


def _likely(place: Real, counts: Counts, partners: Counts) -> float:
    """The distance up to which half of the partners lie, or 1 in 100 of the others, whichever is nearer."""
    near, others = partners.sum(0), (counts - partners).sum(0)
    half = place[np.searchsorted(near.cumsum(), _NEAR * near.sum())]
    few = place[max(0, int(np.searchsorted(others.cumsum(), _UNRELATED * others.sum(), "right")) - 1)]
    return float(min(half, few))
