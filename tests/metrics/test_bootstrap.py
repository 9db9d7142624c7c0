from __future__ import annotations

import numpy as np
import pytest

from ucch.metrics import bootstrap_mean, paired_bootstrap

VALUES = np.random.default_rng(0).random(400)


def test_bounds_equal_a_loop_over_resamples():
    result = bootstrap_mean(VALUES[:50], seed=3, resamples=200)
    generator = np.random.default_rng(3)
    means = [VALUES[:50][generator.integers(50, size=50)].mean() for _ in range(200)]
    assert result.mean == VALUES[:50].mean()
    assert (result.low, result.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=1e-15)


def test_the_width_is_that_of_the_normal_approximation():
    result = bootstrap_mean(VALUES, resamples=4000)
    half = 1.96 * VALUES.std() / 20
    assert result.low == pytest.approx(VALUES.mean() - half, abs=0.1 * half)
    assert result.high == pytest.approx(VALUES.mean() + half, abs=0.1 * half)


def test_one_seed_gives_one_answer_and_chunks_do_not_matter(monkeypatch):
    straight = bootstrap_mean(VALUES, seed=5)
    assert bootstrap_mean(VALUES, seed=5) == straight
    assert bootstrap_mean(VALUES, seed=6) != straight
    monkeypatch.setattr("ucch.metrics.bootstrap._CELLS", 1000)
    assert bootstrap_mean(VALUES, seed=5) == straight


def test_skipped_queries_are_left_out():
    holes = np.concatenate((VALUES, [np.nan, np.nan]))
    assert bootstrap_mean(holes) == bootstrap_mean(VALUES)
    assert bootstrap_mean(holes).queries == 400


def test_equal_values_have_no_width():
    result = bootstrap_mean(np.full(9, 0.25))
    assert (result.mean, result.low, result.high) == (0.25, 0.25, 0.25)


def test_a_pair_cancels_what_is_common_to_both_runs():
    noise = np.random.default_rng(1).normal(0, 0.01, 400)
    result = paired_bootstrap(VALUES + 0.01 + noise, VALUES)
    assert result.mean == pytest.approx(0.01 + noise.mean(), abs=1e-15)
    assert result.high - result.low < 0.1 * (bootstrap_mean(VALUES).high - bootstrap_mean(VALUES).low)
    assert result.low > 0
    assert result.p_value == 1 / 2001
    assert result.share_first_better == 1.0


def test_runs_that_do_not_differ_are_not_told_apart():
    result = paired_bootstrap(VALUES, VALUES)
    assert (result.mean, result.low, result.high, result.p_value, result.share_first_better) == (0, 0, 0, 1, 0.5)


def test_swapping_the_runs_flips_the_sign():
    other = np.random.default_rng(2).random(400)
    forth, back = paired_bootstrap(VALUES, other), paired_bootstrap(other, VALUES)
    assert (back.mean, back.low, back.high) == pytest.approx((-forth.mean, -forth.high, -forth.low), abs=1e-15)
    assert back.p_value == forth.p_value
    assert back.share_first_better == pytest.approx(1 - forth.share_first_better, abs=1e-15)


def test_the_p_value_is_that_of_a_normal_difference():
    difference = np.random.default_rng(4).normal(size=900)
    difference += 2 * difference.std() / 30 - difference.mean()  # two standard errors from 0
    assert paired_bootstrap(difference, np.zeros(900), resamples=20000).p_value == pytest.approx(0.0455, abs=0.006)


def test_a_query_skipped_in_one_run_is_left_out_of_both():
    first, second = VALUES.copy(), VALUES[::-1].copy()
    first[0], second[1] = np.nan, np.nan
    assert paired_bootstrap(first, second) == paired_bootstrap(first[2:], second[2:])
    assert paired_bootstrap(first, second).queries == 398


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: bootstrap_mean([np.nan]), ValueError, "values must hold a query that counts, got 1 queries, all NaN"),
        (lambda: bootstrap_mean([]), ValueError, "values must hold a query that counts, got 0 queries, all NaN"),
        (lambda: bootstrap_mean(0.5), ValueError, r"values must hold one number per query, got shape \(\)"),
        (lambda: bootstrap_mean(VALUES, level=1.0), ValueError, r"level must lie in \[0.0, 1.0\), got 1.0"),
        (lambda: bootstrap_mean(VALUES, resamples=0), ValueError, "resamples must be an int of at least 1, got 0"),
        (
            lambda: paired_bootstrap(VALUES, VALUES[1:]),
            ValueError,
            "first and second must hold the same queries, got 400 and 399",
        ),
    ],
)
def test_wrong_input_is_named(call, error, text):
    with pytest.raises(error, match=text):
        call()
