from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from ucch.metrics import PROTOCOLS, DistanceHistograms, Protocol, chance_map, precision_at

N_ITEMS, N_RELEVANT = 40, (0, 1, 3, 17, 40)
PROTOCOLS_TRIED = [
    Protocol(cutoff=cutoff, denominator=denominator, no_relevant=no_relevant)
    for cutoff, denominator, no_relevant in product((None, 1, 10), ("relevant", "retrieved"), ("skip", "zero"))
]


def histograms() -> DistanceHistograms:
    """Five queries; where their items lie does not matter."""
    near = np.array([0, 1, 1, 5, 12])
    items = np.array([20, 3, 11, 20, 12])
    return DistanceHistograms(
        np.stack([items, N_ITEMS - items], axis=1), np.stack([near, np.array(N_RELEVANT) - near], axis=1)
    )


def simulated_map(protocol: Protocol, n_orders: int) -> np.ndarray:
    """MAP of each of ``n_orders`` random orders of the database, ranks walked one by one."""
    rng = np.random.default_rng(0)
    cutoff = protocol.cutoff or N_ITEMS
    per_query = []
    for n_relevant in N_RELEVANT:
        if n_relevant == 0:
            per_query.append(np.full(n_orders, np.nan if protocol.no_relevant == "skip" else 0.0))
            continue
        relevant = rng.permuted(np.tile(np.arange(N_ITEMS) < n_relevant, (n_orders, 1)), axis=1)[:, :cutoff]
        found, total = np.zeros(n_orders), np.zeros(n_orders)
        for rank in range(1, cutoff + 1):
            found += relevant[:, rank - 1]
            total += relevant[:, rank - 1] * found / rank
        divisor = found if protocol.denominator == "retrieved" else np.full(n_orders, n_relevant)
        per_query.append(total / np.maximum(divisor, 1))
    return np.nanmean(np.stack(per_query), axis=0)


@pytest.mark.parametrize("protocol", PROTOCOLS_TRIED, ids=lambda protocol: protocol.short)
def test_it_is_what_random_orders_score_under_the_protocol(protocol):
    simulated = simulated_map(protocol, 10_000)
    error = simulated.std(ddof=1) / np.sqrt(len(simulated))
    assert error > 0
    assert abs(chance_map(histograms(), protocol) - simulated.mean()) <= 3 * error


def test_the_first_place_is_relevant_as_often_as_items_are():
    rates = np.array(N_RELEVANT[1:]) / N_ITEMS
    assert chance_map(histograms(), Protocol(cutoff=1, denominator="retrieved")) == pytest.approx(
        rates.mean(), abs=1e-15
    )


@pytest.mark.parametrize("ties", ["stable", "optimistic", "pessimistic"])
def test_a_random_order_has_no_ties(ties):
    assert chance_map(histograms(), Protocol(ties=ties)) == chance_map(histograms())


def test_without_relevant_items_there_is_no_chance_level():
    nothing = DistanceHistograms(np.array([[4, 6]]), np.array([[0, 0]]))
    assert np.isnan(chance_map(nothing))
    assert chance_map(nothing, PROTOCOLS["unihash"]) == 0


@pytest.mark.parametrize(("n_items", "n_relevant"), [(1, 1), (10, 1), (10, 4), (5000, 700)])
def test_over_the_whole_ranking_it_is_what_the_docstring_says(n_items, n_relevant):
    one = DistanceHistograms(np.array([[n_items, 0]]), np.array([[n_relevant, 0]]))
    harmonic = np.sum(1 / np.arange(1, n_items + 1))
    slope = (n_relevant - 1) / max(n_items - 1, 1)
    expected = (harmonic + slope * (n_items - harmonic)) / n_items
    assert chance_map(one) == pytest.approx(expected, rel=1e-13)
    assert chance_map(one) >= n_relevant / n_items * (1 - 1e-12)


def test_items_without_distances_keep_their_counts_and_gains():
    graded = DistanceHistograms(np.array([[2, 1]]), np.array([[1, 1]]), np.array([[[1, 1, 0], [0, 0, 1]]]))
    one = graded.without_distances()
    assert (one.counts.tolist(), one.relevant.tolist()) == ([[3]], [[2]])
    assert one.gains is not None
    assert one.gains.tolist() == [[[1, 1, 1]]]
    assert precision_at(one, 1)[0] == pytest.approx(2 / 3)
