from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from ucch.calibration import duplicate_radius, expected_unrelated, widest_radius


def histogram(n_pairs: int, n_bits: int = 64, p: float = 0.5, seed: int = 0) -> np.ndarray:
    return np.bincount(np.random.default_rng(seed).binomial(n_bits, p, n_pairs), minlength=n_bits + 1)


@pytest.mark.parametrize("p", [0.35, 0.42])
def test_the_tail_of_what_is_unrelated_is_carried_on(p: float) -> None:
    shares = expected_unrelated(histogram(2_000_000, p=p))
    true = binom.cdf(np.arange(9), 64, p)
    assert (np.diff(shares) >= 0).all()
    # three decimal places of a logarithm, where the truth is as small as 1e-7
    np.testing.assert_allclose(np.log(shares[6:]), np.log(true[6:]), atol=1.5)


def test_duplicates_that_are_few_do_not_count_as_chance() -> None:
    plain = histogram(100_000)
    mixed = plain.copy()
    mixed[:5] += [30, 4, 3, 2, 1]
    np.testing.assert_allclose(expected_unrelated(mixed), expected_unrelated(plain), rtol=0.01)


def test_many_pairs_just_beyond_are_chance_within_too() -> None:
    sample = histogram(100_000)
    sample[5:20] += 300
    assert expected_unrelated(sample)[-1] * sample.sum() > 500


def test_few_pairs_give_a_number_still() -> None:
    for far in ([40], [64, 64, 64], [0, 0, 33]):
        shares = expected_unrelated(np.bincount(far, minlength=65))
        assert ((shares >= 0) & (shares <= 1)).all()


def test_an_eighth_of_the_bits_is_the_most() -> None:
    assert [widest_radius(n) for n in (7, 8, 64, 100)] == [0, 1, 8, 12]
    assert len(expected_unrelated(histogram(1000, 100))) == 13


def test_the_radius_is_the_largest_that_is_precise_enough() -> None:
    found, expected = np.array([50, 60, 60, 400]), np.array([0.0, 0.5, 0.7, 340.0])
    assert duplicate_radius(found, expected, 0.98)[0] == 2
    assert duplicate_radius(found, expected, 0.99)[0] == 1
    assert duplicate_radius(found, expected, 0.1)[0] == 3
    assert duplicate_radius(found, expected + 10, 0.9)[0] is None
    np.testing.assert_allclose(duplicate_radius(found, expected, 0.5)[1], [1, 1 - 0.5 / 60, 1 - 0.7 / 60, 0.15])
    radius, estimated = duplicate_radius(np.zeros(3, int), np.array([0.0, 1.0, 9.0]), 0.99)
    assert (radius, estimated.tolist()) == (2, [1.0, 1.0, 1.0])  # nothing found, nothing wrong
