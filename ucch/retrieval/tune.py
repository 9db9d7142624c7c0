"""Choose the kind and parameters of an index by measurement."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .._checks import interval, positive_int
from ..codes import PackedCodes
from ..errors import DataError
from .binary_index import BinaryIndex
from .engine import Parameters, Progress
from .hits import Hits
from .kinds import KINDS
from .recall import tie_aware_recall

__all__ = ["Choice", "tune"]

SAMPLE, REPEATS = 1000, 3


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


def tune(
    codes: PackedCodes,
    n_bits: int,
    recall: float,
    *,
    k: int = 10,
    queries: PackedCodes | None = None,
    kinds: Sequence[str] = tuple(KINDS),
    seed: int = 0,
    on_progress: Progress | None = None,
) -> tuple[Choice, list[Choice]]:
    """Find the fastest setting whose tie-aware recall@k reaches ``recall``.

    Each kind is built with its default structure and searched from its fastest to its most thorough setting, until one
    standard error below the mean recall reaches the target: so much is kept in hand for queries not seen here. The
    exact search takes part, so there always is an answer.

    Args:
        codes: (M, W), the database.
        n_bits: D.
        recall: the target in (0, 1].
        k: items asked for.
        queries: (Q, W) sample; without it 1,000 codes (a tenth at most) are drawn and left out of the database.
        kinds: those to try; ``flat`` is always tried.
        seed: draws the sample.
        on_progress: called with kinds done and kinds in all.

    Returns:
        The choice, and everything measured.

    Raises:
        ValueError: ``recall`` is out of range, a kind is unknown.
        DataError: fewer than 20 codes and no queries.
    """
    interval("recall", recall, 0, 1)
    positive_int("k", k)
    database, sample = (codes, queries) if queries is not None else _held_out(codes, seed)
    flat = BinaryIndex.build(database, n_bits)
    milliseconds, exact = _timed(flat, sample, k)
    measured = [Choice("flat", {}, 1.0, 0.0, milliseconds)]
    others = [kind for kind in kinds if kind != "flat"]
    for done, kind in enumerate(others, start=1):
        index = BinaryIndex.build(database, n_bits, kind=kind, reproducible=True)
        for choice in _settings(index, sample, k, exact):
            measured.append(choice)
            if choice.recall - choice.error >= recall:
                break
        if on_progress is not None:
            on_progress(done, len(others))
    good = [choice for choice in measured if choice.recall - choice.error >= recall]
    return min(good, key=lambda choice: choice.milliseconds), measured


def _settings(index: BinaryIndex, sample: PackedCodes, k: int, exact: Hits) -> Iterator[Choice]:
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


def _held_out(codes: PackedCodes, seed: int) -> tuple[PackedCodes, PackedCodes]:
    n_sample = min(SAMPLE, len(codes) // 10)
    if n_sample < 2:
        raise DataError(f"tuning needs at least 20 codes or queries of its own, got {len(codes)} codes")
    order = np.random.default_rng(seed).permutation(len(codes))
    return codes[np.sort(order[n_sample:])], codes[order[:n_sample]]
