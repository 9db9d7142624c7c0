"""Measures of one direction: queries on one side, a database on the other, labels that say what is relevant."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes
from ..collectives import World
from ..metrics import (
    PROTOCOLS,
    DistanceHistograms,
    HammingEvaluator,
    Protocol,
    average_precision,
    bootstrap_mean,
    chance_map,
    distance_histograms,
    first_relevant_rank,
    hit_rate_at,
    mean_over_queries,
    ndcg_at,
    precision_at,
    radius_curve,
    recall_at,
    reciprocal_rank,
    stable_average_precision,
)

__all__ = ["RankingResult", "as_chunks", "measure_pairs", "measure_ranking", "number"]

AT, PAIRS_AT, LOOKUP = (1, 10, 100), (1, 5, 10), (0, 1, 2)
Chunks = Iterable[tuple[PackedCodes, npt.NDArray[Any]]]


@dataclass(frozen=True, eq=False)
class RankingResult:
    """Figures of one direction, and AP per query for comparing runs.

    Attributes:
        figures: plain numbers by name, ready for JSON.
        average_precision: (Q,), NaN for queries that do not count.
    """

    figures: dict[str, Any]
    average_precision: npt.NDArray[np.float64]


def as_chunks(codes: PackedCodes, labels: npt.NDArray[Any], rows: int = 1 << 20) -> Chunks:
    """Yield a database a few rows at a time, so that memory-mapped arrays stay on disk."""
    for start in range(0, len(codes), rows):
        yield np.asarray(codes[start : start + rows]), np.asarray(labels[start : start + rows])


def measure_ranking(
    query_codes: PackedCodes,
    query_labels: npt.NDArray[Any],
    database: tuple[PackedCodes, npt.NDArray[Any]] | Chunks,
    n_bits: int,
    *,
    protocol: Protocol = PROTOCOLS["ucch"],
    seed: int = 0,
    world: World | None = None,
) -> RankingResult:
    """Rank the database for every query by Hamming distance and measure it against the labels.

    Several processes take the chunks of the database in turn and add their counts up, which is exact: each gets the
    result that one of them would have. Only ``stable`` ties are ranked by each process for itself.

    Args:
        query_codes: packed uint8 (Q, ceil(D/8)).
        query_labels: class numbers (Q,) or multi-hot (Q, C).
        database: codes and labels, or an iterable of such chunks, read once (twice with ``stable`` ties, for which
            it must be arrays).
        n_bits: D.
        protocol: how a MAP is computed.
        seed: of the bootstrap.
        world: the processes that share the work, all of which call; this process alone by default.

    Raises:
        TypeError, ValueError: as :func:`ucch.metrics.distance_histograms`; ``stable`` ties over chunks; an empty
            database.
    """
    evaluator = HammingEvaluator(query_codes, query_labels, n_bits, graded=True)
    world = world or World()
    chunks = (
        as_chunks(database[0], database[1], _fair(len(database[0]), world)) if isinstance(database, tuple) else database
    )
    for place, (codes, labels) in enumerate(chunks):
        if place % world.size == world.rank:
            evaluator.update(codes, labels)
    if world.size > 1:
        evaluator.reduce()
    histograms = evaluator.histograms
    if histograms.n_items == 0:
        raise ValueError("the database must hold at least one item, got none")
    if protocol.ties != "stable":
        precision = average_precision(
            histograms,
            cutoff=protocol.cutoff,
            ties=protocol.ties,
            denominator=protocol.denominator,
            no_relevant=protocol.no_relevant,
        )
    elif isinstance(database, tuple):
        precision = stable_average_precision(
            query_codes,
            database[0],
            query_labels,
            database[1],
            n_bits,
            cutoff=protocol.cutoff,
            denominator=protocol.denominator,
            no_relevant=protocol.no_relevant,
        )
    else:
        raise ValueError("stable ties need the whole database as arrays, got chunks; use expected ties")
    return RankingResult(_figures(histograms, precision, protocol, seed), precision)


def _fair(n_items: int, world: World, most: int = 1 << 20) -> int:
    """Rows of a chunk, so that every process gets some of a small database."""
    return max(1, min(most, -(-n_items // world.size)))


def _figures(
    histograms: DistanceHistograms, precision: npt.NDArray[np.float64], protocol: Protocol, seed: int
) -> dict[str, Any]:
    counted = int((~np.isnan(precision)).sum())
    bounds = bootstrap_mean(precision, seed=seed) if counted else None
    curve = radius_curve(histograms)
    lengths = sorted({*AT, *np.unique(np.geomspace(1, min(1000, histograms.n_items), 25).astype(int)).tolist()})
    at = {n: mean_over_queries(precision_at(histograms, n)) for n in lengths}
    return {
        "map": number(mean_over_queries(precision)),
        "map_interval": None if bounds is None else [bounds.low, bounds.high],
        "map_chance": number(chance_map(histograms, protocol)),
        "queries_counted": counted,
        "precision_at": {str(n): at[n] for n in AT},
        "relevant_recall_at": {str(n): number(mean_over_queries(recall_at(histograms, n))) for n in AT},
        "ndcg_at": {str(n): number(mean_over_queries(ndcg_at(histograms, n))) for n in AT},
        "lookup": {
            str(r): {
                "precision": number(curve.precision[r]),
                "recall": number(curve.recall[r]),
                "empty": number(curve.empty[r]),
            }
            for r in LOOKUP
            if r <= histograms.n_bits
        },
        "by_radius": {
            name: [number(value) for value in getattr(curve, name)] for name in ("precision", "recall", "empty")
        },
        "precision_curve": {"n": lengths, "precision": [at[n] for n in lengths]},
        "distances": _distances(histograms),
    }


def _distances(histograms: DistanceHistograms) -> dict[str, list[float]]:
    """Share of relevant and of other pairs at each distance."""
    relevant = histograms.relevant.sum(axis=0)
    others = histograms.counts.sum(axis=0) - relevant
    return {
        name: (counts / max(1, counts.sum())).tolist() for name, counts in (("relevant", relevant), ("others", others))
    }


def measure_pairs(
    query_codes: PackedCodes,
    query_items: npt.NDArray[Any],
    database_codes: PackedCodes,
    database_items: npt.NDArray[Any],
    n_bits: int,
) -> dict[str, Any]:
    """Measure how well each query finds its own item: recall, mean rank and mean reciprocal rank, expected under ties.

    Args:
        query_codes, database_codes: packed uint8, of widths alike.
        query_items, database_items: item number of each row; a query may have several answers, the nearest counts.
        n_bits: D.
    """
    pairs = distance_histograms(query_codes, database_codes, query_items, database_items, n_bits)
    tied = pairs.without_distances()
    return {
        "recall_at": {str(n): number(mean_over_queries(hit_rate_at(pairs, n))) for n in PAIRS_AT},
        "mean_rank": number(mean_over_queries(first_relevant_rank(pairs))),
        "mean_reciprocal_rank": number(mean_over_queries(reciprocal_rank(pairs))),
        "recall_chance": {str(n): number(mean_over_queries(hit_rate_at(tied, n))) for n in PAIRS_AT},
    }


def number(value: float) -> float | None:
    """A plain float, None for NaN, which JSON has not."""
    return None if math.isnan(value) else float(value)
