from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ucch.calibration import fit_decay, spread_of


def drawn(seed: int, n_queries: int, decay: tuple[float, float], n_items: int = 40, n_places: int = 9):
    """Galleries at random, half of them spread half as wide, one partner in each, chosen by the weights of `decay`."""
    rng = np.random.default_rng(seed)
    place = np.linspace(0, 1, n_places)
    items = rng.integers(0, n_places, (n_queries, n_items))
    items[::2] = n_places // 4 + items[::2] // 2
    counts = np.stack([np.bincount(row, minlength=n_places) for row in items])
    typical = np.sqrt(np.mean([place[row].var() for row in items]))
    spread = spread_of(place, counts, typical)
    weight = [np.exp(-(decay[0] * place / s + decay[1] * place**2))[row] for row, s in zip(items, spread, strict=True)]
    chosen = [rng.choice(n_items, p=row / row.sum()) for row in weight]
    own = np.stack([np.bincount([row[one]], minlength=n_places) for row, one in zip(items, chosen, strict=True)])
    return place, counts, own


def cost(place, counts, own, slope, curve, typical):
    """Minus the log-likelihood with smoothed targets, item by item."""
    smoothed, total = 1 / (len(counts) + 2), 0.0
    for row, partners in zip(counts, own, strict=True):
        n = row.sum()
        spread = np.sqrt((n * np.repeat(place, row).var() + 10 * typical**2) / (n + 10))
        log_weight = [-(slope * x / spread + curve * x * x) for x in place]
        all_weights = sum(n * np.exp(w) for n, w in zip(row, log_weight, strict=True))
        for n, m, w in zip(row, partners, log_weight, strict=True):
            target = (1 - smoothed) * m / partners.sum() + smoothed * (n - m) / (row - partners).sum()
            total -= target * (w - np.log(all_weights))
    return total


@settings(max_examples=50, deadline=None)  # the first call imports SciPy's solvers
@example(699, 0.0, 5.0)  # here and below L-BFGS-B stops short
@example(324146, 1.5, 8.0)
@example(708702, 0.5, 1.0)
@example(227229, 1.0, 5.0)
@example(636909, 1.0, 0.0)
@given(st.integers(0, 10**6), st.floats(0, 3), st.floats(0, 12))
def test_no_decay_near_it_is_likelier(seed, slope, curve):
    place, counts, own = drawn(seed, 12, (slope, curve))
    *found, typical = fit_decay(place, counts, own)
    best = cost(place, counts, own, *found, typical)
    assert min(found) >= 0
    for step in ((0.1, 0), (-0.1, 0), (0, 0.5), (0, -0.5), (0.2, -1), (-0.2, 1)):
        other = tuple(max(0.0, value + change) for value, change in zip(found, step, strict=True))
        assert cost(place, counts, own, *other, typical) >= best - 1e-4


@pytest.mark.parametrize("n_queries", [1, 3, 12, 200])
def test_no_decay_anywhere_is_likelier(n_queries):
    for seed in range(12):
        place, counts, own = drawn(seed, n_queries, (1.0, 2.0))
        *found, typical = fit_decay(place, counts, own)
        best = cost(place, counts, own, *found, typical)
        for slope in (0.0, 0.3, 1.0, 3.0):
            for curve in (0.0, 1.0, 4.0, 16.0):
                assert cost(place, counts, own, slope, curve, typical) >= best - 1e-9


def test_it_finds_the_decay_by_which_partners_were_drawn():
    place, counts, own = drawn(3, 6000, (1.5, 4.0))
    slope, curve, typical = fit_decay(place, counts, own)
    at = np.array([0.25, 0.5, 0.75])
    np.testing.assert_allclose(slope * at / typical + curve * at**2, 1.5 * at / typical + 4 * at**2, rtol=0.1)


def test_the_size_of_the_gallery_it_was_fitted_in_does_not_matter():
    for n in (15, 150):
        slope, curve, typical = fit_decay(*drawn(1, 4000, (2.0, 0.0), n_items=n))
        at = np.array([0.2, 0.4])
        np.testing.assert_allclose(slope * at / typical + curve * at**2, 2 * at / typical, rtol=0.12)


def test_partners_that_are_all_first_give_finite_numbers():
    place, counts = np.array([0.0, 0.5]), np.tile([1, 9], (30, 1))
    slope, curve, typical = fit_decay(place, counts, np.tile([1, 0], (30, 1)))
    weight = np.exp(-(slope * place / spread_of(place, counts[0], typical) + curve * place**2))
    assert weight[0] / (weight[0] + 9 * weight[1]) == pytest.approx(31 / 32, abs=1e-3)


def test_partners_that_are_far_have_no_decay():
    place, counts = np.array([0.0, 1.0]), np.tile([5, 5], (30, 1))
    assert fit_decay(place, counts, np.tile([0, 1], (30, 1))) == (0, 0, 0.5)


def test_a_spread_is_that_of_the_items_drawn_to_what_is_typical():
    place, items = np.array([0.1, 0.4, 0.9]), [0, 0, 1, 1, 1, 2]
    own = np.var(place[items])
    counts = np.bincount(items)
    assert spread_of(place, counts, 0.2) == pytest.approx(np.sqrt((6 * own + 10 * 0.04) / 16))
    assert spread_of(place, 10**6 * counts, 0.2) == pytest.approx(np.sqrt(own), rel=1e-4)
    assert spread_of(place, np.zeros((2, 3)), 0.2).tolist() == pytest.approx([0.2, 0.2])
    assert spread_of(place, np.array([7, 0, 0]), 0.0) == 1e-6


def test_wrong_arguments_are_named():
    place, counts = np.array([0.0, 1.0]), np.array([[1, 1]])
    with pytest.raises(ValueError, match=r"counts and own must be \(Q, 2\) alike, Q at least 1, got \(1, 2\) and"):
        fit_decay(place, counts, np.array([[1, 1, 1]]))
    with pytest.raises(ValueError, match=r"Q at least 1, got \(0, 2\)"):
        fit_decay(place, counts[:0], counts[:0])
    for own in ([[0, 0]], [[1, 1]], [[2, 0]]):
        with pytest.raises(ValueError, match="every query needs a partner in its gallery, and an item that is none"):
            fit_decay(place, counts, np.array(own))
