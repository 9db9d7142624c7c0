from __future__ import annotations

import numpy as np
import pytest

from ucch.metrics import DistanceHistograms, average_precision, chance_map


def test_it_is_the_mean_relevance_rate_of_queries_that_have_relevant_items():
    histograms = DistanceHistograms(np.array([[4, 6], [5, 5], [9, 1]]), np.array([[1, 0], [1, 2], [0, 0]]))
    assert chance_map(histograms) == pytest.approx((0.1 + 0.3) / 2, abs=1e-16)


def test_without_relevant_items_there_is_no_chance_level():
    assert np.isnan(chance_map(DistanceHistograms(np.array([[4, 6]]), np.array([[0, 0]]))))


@pytest.mark.parametrize(("n_items", "n_relevant"), [(1, 1), (10, 1), (10, 4), (5000, 700)])
def test_a_random_ranking_scores_what_the_docstring_says(n_items, n_relevant):
    histograms = DistanceHistograms(np.array([[n_items]]), np.array([[n_relevant]]))
    harmonic = np.sum(1 / np.arange(1, n_items + 1))
    slope = (n_relevant - 1) / max(n_items - 1, 1)
    expected = (harmonic + slope * (n_items - harmonic)) / n_items
    assert average_precision(histograms)[0] == pytest.approx(expected, rel=1e-13)
    assert chance_map(histograms) <= expected
