from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ucch.metrics import average_precision, stable_average_precision

DENOMINATORS = st.sampled_from(["relevant", "retrieved"])


def loop(gains, cutoff, denominator):
    found, total = 0, 0.0
    for rank, gain in enumerate(gains[:cutoff], start=1):
        if gain > 0:
            found += 1
            total += found / rank
    divisor = np.count_nonzero(gains) if denominator == "relevant" else found
    return total / divisor if divisor else 0.0


@given(st.integers(0, 10**6), st.integers(1, 60), st.sampled_from([None, 1, 7, 100]), DENOMINATORS)
def test_it_ranks_as_a_stable_argsort(case, seed, n_items, cutoff, denominator):
    drawn = case(seed, n_queries=3, n_items=n_items, n_bits=4)
    got = stable_average_precision(*drawn.arguments(), cutoff=cutoff, denominator=denominator)
    for query in range(3):
        gains = drawn.gains[query][drawn.distances[query].argsort(kind="stable")]
        if gains.any():
            assert got[query] == pytest.approx(loop(gains, cutoff, denominator), abs=1e-14)
        else:
            assert np.isnan(got[query])


@given(st.integers(0, 10**6), st.sampled_from([None, 9]), DENOMINATORS)
def test_it_lies_within_the_bounds_from_counts(case, seed, cutoff, denominator):
    drawn = case(seed, n_queries=3, n_items=40, n_bits=4)
    options = {"cutoff": cutoff, "denominator": denominator, "no_relevant": "zero"}
    stable = stable_average_precision(*drawn.arguments(), **options)
    assert (average_precision(drawn.histograms(), ties="pessimistic", **options) <= stable + 1e-14).all()
    assert (stable <= average_precision(drawn.histograms(), ties="optimistic", **options) + 1e-14).all()


def test_blocks_and_tiles_do_not_matter(case, monkeypatch):
    arguments = case(2, n_queries=5, n_items=300, n_bits=6).arguments()
    straight = stable_average_precision(*arguments)
    monkeypatch.setattr("ucch.metrics.histograms._BLOCK", 100)
    monkeypatch.setattr("ucch.metrics._counting._CHUNK", 32)
    monkeypatch.setattr("ucch.metrics._counting._CELLS", 64)
    np.testing.assert_allclose(stable_average_precision(*arguments), straight, rtol=0, atol=1e-14)


def test_the_order_of_the_database_counts():
    codes = np.zeros((2, 1), np.uint8)
    assert stable_average_precision(codes[:1], codes, [1], [1, 0], 8) == 1.0
    assert stable_average_precision(codes[:1], codes, [1], [0, 1], 8) == 0.5


def test_wrong_options_are_named():
    codes = np.zeros((2, 1), np.uint8)
    for options, text in [
        ({"cutoff": 0}, "cutoff must be an int of at least 1, got 0"),
        ({"denominator": "k"}, "denominator must be one of relevant, retrieved, got 'k'"),
        ({"no_relevant": "k"}, "no_relevant must be one of skip, zero, got 'k'"),
    ]:
        with pytest.raises(ValueError, match=text):
            stable_average_precision(codes, codes, [1, 1], [1, 1], 8, **options)
    with pytest.raises(ValueError, match="database_codes and database_labels must have the same number of rows"):
        stable_average_precision(codes, codes, [1, 1], [1], 8)
