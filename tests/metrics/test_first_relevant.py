from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ucch.metrics import (
    DistanceHistograms,
    distance_histograms,
    first_relevant_rank,
    hit_rate_at,
    recall_at,
    reciprocal_rank,
)


def first(gains):
    return 1 + int(np.flatnonzero(gains)[0])


@given(st.integers(0, 10**6), st.integers(1, 6), st.sampled_from([1, 2, 3, 5, 8]))
def test_hits_are_their_mean_best_and_worst_over_tie_orders(case, assert_agrees, seed, n_items, n):
    assert_agrees(case(seed, n_items=n_items), hit_rate_at, lambda gains: float(first(gains) <= n), n=n)


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_the_rank_is_its_mean_best_and_worst_over_tie_orders(case, seed, n_items):
    drawn = case(seed, n_items=n_items)
    histograms = drawn.histograms()
    for query in range(2):
        if drawn.gains[query].any():
            answers = drawn.answers(query, first)
            got = {
                "expected": first_relevant_rank(histograms)[query],
                "optimistic": first_relevant_rank(histograms, ties="pessimistic")[query],  # the larger rank
                "pessimistic": first_relevant_rank(histograms, ties="optimistic")[query],
            }
            assert got == pytest.approx(answers, abs=1e-13)


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_the_reciprocal_rank_is_its_mean_best_and_worst_over_tie_orders(case, assert_agrees, seed, n_items):
    assert_agrees(case(seed, n_items=n_items), reciprocal_rank, lambda gains: 1 / first(gains))


def test_item_numbers_as_labels_single_out_the_pair():
    generator = np.random.default_rng(0)
    image, text = (generator.integers(0, 256, (30, 1), dtype=np.uint8) for _ in range(2))
    pairs = distance_histograms(image, text, np.arange(30), np.arange(30), 8)
    np.testing.assert_array_equal(pairs.n_relevant, np.ones(30))
    distance = np.bitwise_count(image ^ text.T).astype(int)
    own = np.diag(distance)[:, None]
    nearer, tied = (distance < own).sum(axis=1), (distance == own).sum(axis=1)
    np.testing.assert_allclose(first_relevant_rank(pairs), nearer + (tied + 1) / 2, atol=1e-13)
    np.testing.assert_allclose(hit_rate_at(pairs, 5), np.clip((5 - nearer) / tied, 0, 1), atol=1e-13)
    np.testing.assert_allclose(hit_rate_at(pairs, 5), recall_at(pairs, 5), atol=1e-13)


def test_many_relevant_among_many_tied_items_stay_exact():
    histograms = DistanceHistograms(np.array([[40, 100000]]), np.array([[0, 3]]))
    exact = 1 - np.prod([1 - 60 / (100000 - i) for i in range(3)])
    assert hit_rate_at(histograms, 100)[0] == pytest.approx(exact, rel=1e-12)
    generator = np.random.default_rng(1)
    draws = 1 / (41 + np.sort(generator.random((4000, 3)), axis=1)[:, 0] * 100000)
    assert reciprocal_rank(histograms)[0] == pytest.approx(draws.mean(), abs=4 * draws.std() / 4000**0.5)


@pytest.mark.parametrize("ties", ["expected", "optimistic", "pessimistic"])
def test_nothing_relevant_is_no_number(ties):
    histograms = DistanceHistograms(np.array([[0, 2]]), np.array([[0, 0]]))
    assert np.isnan(hit_rate_at(histograms, 1, ties=ties))
    assert np.isnan(first_relevant_rank(histograms, ties=ties))
    assert np.isnan(reciprocal_rank(histograms, ties=ties))


def test_wrong_options_are_named():
    histograms = DistanceHistograms(np.array([[1]]), np.array([[1]]))
    with pytest.raises(TypeError, match="n must be an int of at least 1, got '5' of type str"):
        hit_rate_at(histograms, "5")
    for function in (first_relevant_rank, reciprocal_rank):
        with pytest.raises(ValueError, match="ties must be one of expected, optimistic, pessimistic, got 'x'"):
            function(histograms, ties="x")
