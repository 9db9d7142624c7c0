from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from ucch.metrics import DistanceHistograms, average_precision, distance_histograms, mean_over_queries

TIES = ("expected", "optimistic", "pessimistic")


def loop(gains, cutoff=None, denominator="relevant"):
    """The definition, one rank at a time."""
    found, total = 0, 0.0
    for rank, gain in enumerate(gains[:cutoff], start=1):
        if gain > 0:
            found += 1
            total += found / rank
    divisor = np.count_nonzero(gains) if denominator == "relevant" else found
    return total / divisor if divisor else 0.0


@given(st.integers(0, 10**6), st.integers(1, 6), st.sampled_from([None, 1, 2, 3, 4, 5, 6, 7, 50]), st.booleans())
def test_it_is_the_mean_best_and_worst_over_all_tie_orders(case, assert_agrees, seed, n_items, cutoff, retrieved):
    denominator = "retrieved" if retrieved else "relevant"
    assert_agrees(
        case(seed, n_items=n_items, n_bits=1 + seed % 3),
        average_precision,
        lambda gains: loop(gains, cutoff, denominator),
        cutoff=cutoff,
        denominator=denominator,
    )


def test_finding_one_more_may_lower_the_ratio_over_items_found():
    # ranks 1 and 2 are fixed: relevant, not; rank 3 is one of a relevant and an irrelevant item
    histograms = DistanceHistograms(np.array([[1, 1, 2]]), np.array([[1, 0, 1]]))
    options = {"cutoff": 3, "denominator": "retrieved"}
    with_it, without = (1 + 2 / 3) / 2, 1.0
    assert average_precision(histograms, ties="optimistic", **options) == pytest.approx(without, abs=1e-15)
    assert average_precision(histograms, ties="pessimistic", **options) == pytest.approx(with_it, abs=1e-15)
    assert average_precision(histograms, **options) == pytest.approx((with_it + without) / 2, abs=1e-15)


@given(st.integers(0, 10**6), st.sampled_from([None, 1, 10, 60, 500]), st.sampled_from(["relevant", "retrieved"]))
def test_the_bounds_enclose_the_expectation(case, seed, cutoff, denominator):
    histograms = case(seed, n_queries=5, n_items=200, n_bits=6).histograms()
    low, middle, high = (
        average_precision(histograms, cutoff=cutoff, denominator=denominator, ties=ties, no_relevant="zero")
        for ties in ("pessimistic", "expected", "optimistic")
    )
    assert (low <= middle + 1e-13).all()
    assert (middle <= high + 1e-13).all()


@given(st.integers(0, 10**6), st.sampled_from([None, 1, 5, 30, 1000]))
def test_it_agrees_with_trec_eval_where_nothing_is_tied(seed, cutoff):
    generator = np.random.default_rng(seed)
    n_items, n_queries = 60, 3
    relevant = generator.random((n_queries, n_items)) < 0.2
    relevant[:, 0] |= ~relevant.any(axis=1)
    places = np.stack([generator.permutation(n_items) for _ in range(n_queries)])  # its rank is its distance
    histograms = DistanceHistograms(
        np.ones((n_queries, n_items), np.int64),
        np.take_along_axis(relevant, places.argsort(axis=1), axis=1).astype(int),
    )
    name = "map" if cutoff is None else "map_cut"
    judged = {f"q{q}": {f"d{i}": int(relevant[q, i]) for i in range(n_items)} for q in range(n_queries)}
    run = {f"q{q}": {f"d{i}": float(n_items - places[q, i]) for i in range(n_items)} for q in range(n_queries)}
    measure = name if cutoff is None else f"{name}.{cutoff}"
    scores = pytrec_eval.RelevanceEvaluator(judged, {measure}).evaluate(run)
    expected = [scores[f"q{q}"][measure.replace(".", "_")] for q in range(n_queries)]
    for ties in TIES:
        np.testing.assert_allclose(average_precision(histograms, cutoff=cutoff, ties=ties), expected, atol=1e-14)


def test_all_codes_equal_give_the_expectation_over_every_order():
    n_items, n_relevant = 7, 3
    codes = np.zeros((n_items, 2), np.uint8)
    histograms = distance_histograms(codes[:1], codes, [1], [1] * n_relevant + [0] * (n_items - n_relevant), 16)
    share = Fraction(n_relevant - 1, n_items - 1)
    exact = sum((1 + (rank - 1) * share) / rank for rank in range(1, n_items + 1)) / n_items
    assert average_precision(histograms)[0] == pytest.approx(float(exact), abs=1e-15)


def test_one_relevant_item_alone_scores_one():
    histograms = distance_histograms(np.zeros((1, 1), np.uint8), np.ones((1, 1), np.uint8), [0], [0], 8)
    for ties in TIES:
        assert average_precision(histograms, ties=ties) == 1.0
        assert average_precision(histograms, ties=ties, cutoff=9, denominator="retrieved") == 1.0


def test_a_large_tie_group_far_down_keeps_its_digits():
    before, items, relevant = 10**7, 1000, 2
    histograms = DistanceHistograms(np.array([[before, items]]), np.array([[0, relevant]]))
    share = (relevant - 1) / (items - 1)
    ranks = np.arange(1, items + 1)
    exact = np.sum((1 + (ranks - 1) * share) / (before + ranks)) / items
    assert average_precision(histograms)[0] == pytest.approx(exact, rel=1e-9)


def test_a_wide_split_group_is_averaged_over_the_number_found():
    # 3,000 tied items of which 900 are relevant, 2,000 kept: the ratio varies little around its value at the mean
    histograms = DistanceHistograms(np.array([[3000]]), np.array([[900]]))
    value = average_precision(histograms, cutoff=2000, denominator="retrieved")[0]
    generator = np.random.default_rng(0)
    tied = np.arange(3000) < 900
    draws = [loop(generator.permutation(tied), 2000, "retrieved") for _ in range(300)]
    assert abs(value - np.mean(draws)) < 4 * np.std(draws) / np.sqrt(len(draws))


def test_queries_are_treated_alike_however_many_share_a_table(case, monkeypatch):
    histograms = case(5, n_queries=40, n_items=50, n_bits=4).histograms()
    whole = average_precision(histograms, cutoff=20, denominator="retrieved")
    monkeypatch.setattr("ucch.metrics._split_group._CELLS", 7)
    np.testing.assert_array_equal(average_precision(histograms, cutoff=20, denominator="retrieved"), whole)


def test_a_query_without_relevant_items_is_skipped_or_zero():
    histograms = DistanceHistograms(np.array([[1, 2], [1, 2]]), np.array([[0, 0], [1, 0]]))
    assert np.isnan(average_precision(histograms)[0])
    np.testing.assert_array_equal(average_precision(histograms, no_relevant="zero"), [0.0, 1.0])
    assert mean_over_queries(average_precision(histograms)) == 1.0
    assert mean_over_queries(average_precision(histograms, no_relevant="zero")) == 0.5


def test_relevant_items_beyond_the_cutoff_count_as_nothing_found():
    histograms = DistanceHistograms(np.array([[5, 2]]), np.array([[0, 2]]))
    for denominator in ("relevant", "retrieved"):
        assert average_precision(histograms, cutoff=4, denominator=denominator) == 0.0


def test_the_mean_of_no_counted_query_is_nan():
    assert np.isnan(mean_over_queries(np.array([np.nan, np.nan])))


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"cutoff": 0}, ValueError, "cutoff must be an int of at least 1, got 0"),
        ({"cutoff": 5.0}, TypeError, "cutoff must be an int of at least 1, got 5.0 of type float"),
        ({"ties": "random"}, ValueError, "ties must be one of expected, optimistic, pessimistic, got 'random'"),
        ({"ties": "stable"}, ValueError, r"got 'stable': .* use ucch.metrics.stable_average_precision on the codes"),
        ({"denominator": "found"}, ValueError, "denominator must be one of relevant, retrieved, got 'found'"),
        ({"no_relevant": "drop"}, ValueError, "no_relevant must be one of skip, zero, got 'drop'"),
    ],
)
def test_wrong_options_are_named(options, error, text):
    with pytest.raises(error, match=text):
        average_precision(DistanceHistograms(np.array([[1]]), np.array([[1]])), **options)
