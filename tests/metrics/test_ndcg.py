from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from ucch.metrics import DistanceHistograms, distance_histograms, ndcg_at


def dcg(gains):
    return sum((2.0**gain - 1) / np.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


@given(st.integers(0, 10**6), st.integers(1, 6), st.sampled_from([1, 2, 3, 6, 9]))
def test_it_is_the_mean_best_and_worst_over_tie_orders(case, assert_agrees, seed, n_items, n):
    assert_agrees(
        case(seed, n_items=n_items, n_labels=4),
        ndcg_at,
        lambda gains: dcg(gains[:n]) / dcg(np.sort(gains)[::-1][:n]),
        n=n,
    )


@given(st.integers(0, 10**6), st.sampled_from([1, 5, 40, 100]))
def test_it_agrees_with_scikit_learn_also_under_ties(case, seed, n):
    drawn = case(seed, n_queries=3, n_items=40, n_bits=5)
    got = ndcg_at(drawn.histograms(graded=True), n)
    for query in range(3):
        if drawn.gains[query].any():
            gain = 2.0 ** drawn.gains[query] - 1
            assert got[query] == pytest.approx(ndcg_score([gain], [-drawn.distances[query]], k=n), abs=1e-12)


def test_class_numbers_give_gains_of_one():
    codes = np.array([[0], [1], [3]], np.uint8)
    histograms = distance_histograms(codes[:1], codes, [2], [0, 2, 2], 8, graded=True)
    expected = (1 / np.log2(3) + 1 / np.log2(4)) / (1 + 1 / np.log2(3))
    assert ndcg_at(histograms, 3)[0] == pytest.approx(expected, abs=1e-15)


def test_nothing_relevant_is_no_number():
    codes = np.zeros((2, 1), np.uint8)
    assert np.isnan(ndcg_at(distance_histograms(codes[:1], codes, [[0, 0]], [[0, 1], [1, 1]], 8, graded=True), 2))


def test_gains_must_have_been_counted():
    with pytest.raises(ValueError, match="histograms must hold gains for NDCG; count them with graded=True"):
        ndcg_at(DistanceHistograms(np.array([[1]]), np.array([[1]])), 1)


def test_wrong_options_are_named():
    histograms = DistanceHistograms(np.array([[1]]), np.array([[1]]), np.array([[[0, 1]]]))
    with pytest.raises(ValueError, match="n must be an int of at least 1, got -1"):
        ndcg_at(histograms, -1)
    with pytest.raises(ValueError, match="ties must be one of expected, optimistic, pessimistic, got 'x'"):
        ndcg_at(histograms, 1, ties="x")
