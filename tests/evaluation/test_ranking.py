"""Measures of one direction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.evaluation.kit import made_codes
from ucch.codes import hamming_distance, pack
from ucch.evaluation.ranking import as_chunks, measure_pairs, measure_ranking, number
from ucch.metrics import Protocol, bootstrap_mean, distance_histograms, mean_average_precision, stable_average_precision


@pytest.fixture
def sides() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    (query, query_label), (database, database_label) = made_codes(30, 20, 0), made_codes(80, 20, 1)
    return pack(query), query_label, pack(database), database_label


def test_chunks_of_any_size_give_the_figures_of_the_whole(sides) -> None:  # type: ignore[no-untyped-def]
    query, query_label, database, database_label = sides
    whole = measure_ranking(query, query_label, (database, database_label), 20)
    for rows in (1, 7, 80, 1000):
        parts = measure_ranking(query, query_label, as_chunks(database, database_label, rows), 20)
        assert parts.figures == whole.figures
        assert np.array_equal(parts.average_precision, whole.average_precision)


@pytest.mark.parametrize("protocol", [Protocol(), Protocol(cutoff=5, denominator="retrieved", no_relevant="zero")])
def test_map_follows_the_protocol_and_stands_in_its_interval(protocol: Protocol, sides) -> None:  # type: ignore[no-untyped-def]
    query, query_label, database, database_label = sides
    result = measure_ranking(query, query_label, (database, database_label), 20, protocol=protocol)
    histograms = distance_histograms(query, database, query_label, database_label, 20)
    assert result.figures["map"] == mean_average_precision(histograms, protocol)
    bounds = bootstrap_mean(result.average_precision, seed=0)
    assert result.figures["map_interval"] == [bounds.low, bounds.high]
    assert bounds.low < result.figures["map"] < bounds.high


def test_stable_ties_read_the_database_in_order(sides) -> None:  # type: ignore[no-untyped-def]
    query, query_label, database, database_label = sides
    stable = Protocol(ties="stable")
    result = measure_ranking(query, query_label, (database, database_label), 20, protocol=stable)
    expected = stable_average_precision(query, database, query_label, database_label, 20)
    assert np.array_equal(result.average_precision, expected)
    with pytest.raises(ValueError, match="stable ties need the whole database as arrays, got chunks"):
        measure_ranking(query, query_label, as_chunks(database, database_label), 20, protocol=stable)


def test_figures_against_loops(sides) -> None:  # type: ignore[no-untyped-def]
    query, query_label, database, database_label = sides
    figures = measure_ranking(query, query_label, (database, database_label), 20).figures
    distance = hamming_distance(query, database)
    relevant = query_label[:, None] == database_label
    for radius in (0, 1, 2):
        inside = distance <= radius
        precision = [hits.mean() if len(hits) else 0.0 for hits in (relevant[i][inside[i]] for i in range(30))]
        assert figures["lookup"][str(radius)]["precision"] == pytest.approx(np.mean(precision))
        assert figures["lookup"][str(radius)]["empty"] == pytest.approx((inside.sum(axis=1) == 0).mean())
    for kind, chosen in (("relevant", relevant), ("others", ~relevant)):
        shares = np.bincount(distance[chosen], minlength=21) / chosen.sum()
        assert figures["distances"][kind] == pytest.approx(shares.tolist())
    assert figures["relevant_recall_at"]["100"] == pytest.approx(1.0)
    assert figures["ndcg_at"]["1"] == pytest.approx(figures["precision_at"]["1"])  # one class: gain 0 or 1
    order = np.random.default_rng(0).permuted(np.tile(np.arange(80), (4000, 1)), axis=1)
    hits = relevant[0][order]  # of the first query
    simulated = ((hits * hits.cumsum(axis=1) / np.arange(1, 81)).sum(axis=1) / hits.sum(axis=1)).mean()
    alone = measure_ranking(query[:1], query_label[:1], (database, database_label), 20).figures
    assert alone["map_chance"] == pytest.approx(simulated, abs=3e-3)
    assert figures["queries_counted"] == 30


def test_queries_without_a_relevant_item_are_not_counted(sides) -> None:  # type: ignore[no-untyped-def]
    query, _, database, _ = sides
    figures = measure_ranking(query, np.full(30, 7), (database, np.zeros(80, dtype=int)), 20).figures
    assert figures["map"] is figures["map_interval"] is figures["map_chance"] is None
    assert figures["queries_counted"] == 0


def test_pairs_against_a_loop() -> None:
    image, text = (pack(made_codes(25, 9, seed)[0]) for seed in (3, 4))
    own = np.arange(25)
    figures = measure_pairs(image, own, text, own, 9)
    ranks, reciprocal, hits = [], [], []
    for i, row in enumerate(hamming_distance(image, text)):
        nearer, tied = int(np.sum(row < row[i])), int(np.sum(row == row[i]))
        ranks.append(nearer + (tied + 1) / 2)
        reciprocal.append(np.mean([1 / (nearer + j) for j in range(1, tied + 1)]))
        hits.append(min(max(5 - nearer, 0), tied) / tied)
    assert figures["mean_rank"] == pytest.approx(np.mean(ranks))
    assert figures["mean_reciprocal_rank"] == pytest.approx(np.mean(reciprocal))
    assert figures["recall_at"]["5"] == pytest.approx(np.mean(hits))
    assert figures["recall_chance"] == pytest.approx({"1": 1 / 25, "5": 5 / 25, "10": 10 / 25})


def test_chance_knows_how_many_answers_a_query_has() -> None:
    """Five captions of each of 20 images: the first n of 100 hold one of five with 1 - C(95, n) / C(100, n)."""
    image, text = pack(made_codes(20, 9, 3)[0]), pack(made_codes(100, 9, 4)[0])
    items = np.arange(20)
    figures = measure_pairs(image, items, text, np.repeat(items, 5), 9)
    assert figures["recall_chance"] == pytest.approx(
        {str(n): 1 - math.comb(95, n) / math.comb(100, n) for n in (1, 5, 10)}
    )
    back = measure_pairs(text, np.repeat(items, 5), image, items, 9)
    assert back["recall_chance"] == pytest.approx({"1": 1 / 20, "5": 5 / 20, "10": 10 / 20})


def test_an_empty_database_is_refused(sides) -> None:  # type: ignore[no-untyped-def]
    query, query_label, database, database_label = sides
    with pytest.raises(ValueError, match="the database must hold at least one item, got none"):
        measure_ranking(query, query_label, (database[:0], database_label[:0]), 20)


def test_json_has_no_nan() -> None:
    assert number(math.nan) is None
    assert number(np.float64(0.5)) == 0.5
