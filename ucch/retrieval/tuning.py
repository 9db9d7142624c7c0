"""Choose the kind and parameters of an index by measurement."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._checks import interval, positive_int
from ..codes import PackedCodes
from ..errors import DataError
from .binary_index import BinaryIndex
from .engine import Parameters, Progress
from .features import CompactFeatures
from .hits import Hits
from .kinds import KINDS
from .recall import tie_aware_recall
from .rows import Ids

__all__ = ["Choice", "Tuned", "settings", "tune"]

SAMPLE, REPEATS = 1000, 3
MARGIN = 2


@dataclass(frozen=True)
class Choice:
    """One setting, measured on sample queries.

    Attributes:
        kind, parameters: the setting.
        recall: mean tie-aware recall@k against exact search.
        error: its standard error.
        milliseconds: time of a query within a batch, the best of three runs.
    """

    kind: str
    parameters: Parameters
    recall: float
    error: float
    milliseconds: float

    def reaches(self, recall: float) -> bool:
        """Whether the recall is reached with two standard errors kept in hand for queries not seen here."""
        return self.recall - MARGIN * self.error >= recall


@dataclass(frozen=True)
class Tuned:
    """What :func:`tune` found.

    Attributes:
        index: over all codes, in the setting chosen.
        choice: that setting as measured.
        measured: every setting tried; the exact search first.
    """

    index: BinaryIndex
    choice: Choice
    measured: list[Choice]


def tune(
    codes: PackedCodes,
    n_bits: int,
    recall: float,
    *,
    k: int = 10,
    queries: PackedCodes | None = None,
    kinds: Sequence[str] = tuple(KINDS),
    ids: Ids | None = None,
    features: CompactFeatures | None = None,
    model: str = "",
    source: str = "",
    seed: int = 0,
    on_progress: Progress | None = None,
) -> Tuned:
    """Build the fastest index whose tie-aware recall@k reaches ``recall``.

    Each kind is built on one thread with its default structure and searched from its fastest to its most thorough
    setting, until two standard errors below the mean recall reach the target: so much is kept in hand for queries not
    seen here. The exact search takes part, so there always is an answer. Two builds of a kind differ in recall, so the
    index returned is the very one that was measured, the sample added to it.

    Args:
        codes: (M, W), the database.
        n_bits: D.
        recall: the target in [0, 1].
        k: items asked for.
        queries: (Q, W) sample; without it 1,000 codes (a tenth at most) are drawn and held out while measuring.
        kinds: those to try; ``flat`` is always tried.
        ids, features, model, source: as :meth:`BinaryIndex.build`.
        seed: draws the sample.
        on_progress: called with kinds done and kinds in all.

    Raises:
        ValueError: ``recall`` is out of range, a kind is unknown.
        DataError: fewer than 20 codes and no queries; see also :meth:`BinaryIndex.build`.
    """
    interval("recall", recall, 0, 1)
    positive_int("k", k)
    flat = BinaryIndex.build(codes, n_bits, ids=ids, features=features, model=model, source=source)
    held = _drawn(len(codes), seed) if queries is None else np.empty(0, np.int64)
    sample = codes[held] if queries is None else queries
    ids, kept = flat.ids, np.setdiff1d(np.arange(len(codes)), held)
    parts = [(ids[rows], codes[rows], None if features is None else features.take(rows)) for rows in (kept, held)]
    start = _build(parts[0], "flat", flat)
    milliseconds, exact = _timed(start, sample, k)
    measured = [Choice("flat", {}, 1.0, 0.0, milliseconds)]
    best, chosen = measured[0], flat
    others = [kind for kind in kinds if kind != "flat"]
    for done, kind in enumerate(others, start=1):
        index = _build(parts[0], kind, flat)
        for choice in settings(index, sample, k, exact):
            measured.append(choice)
            if choice.reaches(recall):
                if choice.milliseconds < best.milliseconds:
                    best, chosen = choice, index
                break
        if on_progress is not None:
            on_progress(done, len(others))
    if chosen is not flat and len(held):
        chosen.add(*parts[1])
    return Tuned(chosen, best, measured)


_Part = tuple[Ids, PackedCodes, CompactFeatures | None]


def _build(part: _Part, kind: str, like: BinaryIndex) -> BinaryIndex:
    ids, codes, features = part
    return BinaryIndex.build(
        codes,
        like.n_bits,
        ids=ids,
        kind=kind,
        features=features,
        model=like.model,
        source=like.source,
        reproducible=True,
    )


def settings(index: BinaryIndex, sample: PackedCodes, k: int, exact: Hits) -> Iterator[Choice]:
    """Set and measure one setting of an index after the other, from the fastest to the most thorough.

    Args:
        index: is left in the setting measured last.
        sample: (Q, W) queries.
        k: items asked for.
        exact: their exact answer.
    """
    for name, values in KINDS[index.kind].choices.items():
        for value in values:
            index.set(name, value)
            milliseconds, hits = _timed(index, sample, k)
            shares = tie_aware_recall(hits, exact)
            error = float(shares.std() / np.sqrt(len(shares)))
            yield Choice(index.kind, index.parameters, float(shares.mean()), error, milliseconds)


def _timed(index: BinaryIndex, sample: PackedCodes, k: int) -> tuple[float, Hits]:
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        hits = index.search(sample, k)
        best = min(best, time.perf_counter() - start)
    return 1000 * best / len(sample), hits


def _drawn(n_codes: int, seed: int) -> npt.NDArray[np.int64]:
    n_sample = min(SAMPLE, n_codes // 10)
    if n_sample < 2:
        raise DataError(f"tuning needs at least 20 codes or queries of its own, got {n_codes} codes")
    return np.sort(np.random.default_rng(seed).permutation(n_codes)[:n_sample])
