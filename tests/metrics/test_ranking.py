from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ucch.metrics import DistanceHistograms, precision_at, recall_at, relevant_within

N = st.sampled_from([1, 2, 3, 5, 6, 9])


@given(st.integers(0, 10**6), st.integers(1, 6), N)
def test_precision_is_its_mean_best_and_worst_over_tie_orders(case, assert_agrees, seed, n_items, n):
    assert_agrees(case(seed, n_items=n_items), precision_at, lambda gains: np.count_nonzero(gains[:n]) / n, n=n)


@given(st.integers(0, 10**6), st.integers(1, 6), N)
def test_recall_is_its_mean_best_and_worst_over_tie_orders(case, assert_agrees, seed, n_items, n):
    assert_agrees(
        case(seed, n_items=n_items),
        recall_at,
        lambda gains: np.count_nonzero(gains[:n]) / np.count_nonzero(gains),
        n=n,
    )


def test_without_relevant_items_precision_is_zero_and_recall_is_no_number():
    histograms = DistanceHistograms(np.array([[2, 3]]), np.array([[0, 0]]))
    assert precision_at(histograms, 4) == 0.0
    assert np.isnan(recall_at(histograms, 4))


def test_beyond_the_database_everything_is_found():
    histograms = DistanceHistograms(np.array([[2, 3, 0]]), np.array([[1, 2, 0]]))
    for ties in ("expected", "optimistic", "pessimistic"):
        assert relevant_within(histograms, 10, ties=ties) == 3.0
        assert recall_at(histograms, 10, ties=ties) == 1.0
        assert precision_at(histograms, 10, ties=ties) == 0.3


@pytest.mark.parametrize("function", [relevant_within, precision_at, recall_at])
def test_wrong_options_are_named(function):
    histograms = DistanceHistograms(np.array([[1]]), np.array([[1]]))
    with pytest.raises(ValueError, match="n must be an int of at least 1, got 0"):
        function(histograms, 0)
    with pytest.raises(ValueError, match="ties must be one of expected, optimistic, pessimistic, got 'first'"):
        function(histograms, 1, ties="first")
