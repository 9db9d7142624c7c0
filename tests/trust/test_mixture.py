"""The mixture: its share of wrong pairs, its probabilities, their order."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from ucch.trust import AgreementMixture
from ucch.trust.mixture import _cells, _chance


def drawn(wrong: float, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    is_wrong = rng.random(n) < wrong
    right = rng.normal(2.4, 0.4, n) - rng.exponential(0.5, n)
    return np.where(is_wrong, rng.normal(size=n), right), is_wrong


@pytest.mark.parametrize("wrong", [0.05, 0.2, 0.6])
def test_the_share_of_wrong_pairs_is_found(wrong: float) -> None:
    agreement, is_wrong = drawn(wrong)
    mixture = AgreementMixture.fit(agreement)
    assert mixture.wrong == pytest.approx(wrong, abs=0.02)
    right = mixture.right(agreement)
    for low, high in ((0, 0.3), (0.3, 0.7), (0.7, 1)):  # calibrated: of pairs said to be right by p, p are
        inside = (right >= low) & (right < high)
        assert right[inside].mean() == pytest.approx((~is_wrong[inside]).mean(), abs=0.05)


def test_probability_never_falls_with_agreement() -> None:
    agreement, _ = drawn(0.3)
    right = AgreementMixture.fit(agreement).right(np.linspace(-6, 6, 500))
    assert (np.diff(right) >= 0).all()
    assert 0 <= right[0] < 0.05
    assert 0.95 < right[-1] <= 1


def test_cells_add_up() -> None:
    mixture = AgreementMixture(0.3, 2.0, 0.5, 2.0)
    assert mixture._right_cells().sum() == pytest.approx(1)
    assert _chance().sum() == pytest.approx(1)
    assert _chance()[0] == pytest.approx(norm.cdf(-3))
    assert _cells([-9.0, -3.0, 2.75, 9.0]).tolist() == [0, 1, 58, 59]


def test_right_cells_are_those_of_a_normal_less_an_exponential() -> None:
    rng = np.random.default_rng(1)
    sample = rng.normal(2.0, 0.5, 200_000) - rng.exponential(1 / 2.0, 200_000)
    counted = np.bincount(_cells(sample), minlength=60) / len(sample)
    np.testing.assert_allclose(AgreementMixture(0.3, 2.0, 0.5, 2.0)._right_cells(), counted, atol=3e-3)
