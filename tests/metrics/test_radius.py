from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ucch.metrics import DistanceHistograms, radius_curve


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 9))
def test_both_averages_equal_a_loop_over_radii(case, seed, n_items, n_bits):
    drawn = case(seed, n_queries=4, n_items=n_items, n_bits=n_bits)
    macro, micro = (radius_curve(drawn.histograms(), average=average) for average in ("macro", "micro"))
    relevant = drawn.gains > 0
    some = relevant.any(axis=1)
    for radius in range(n_bits + 1):
        inside = drawn.distances <= radius
        returned, found = inside.sum(axis=1), (inside & relevant).sum(axis=1)
        precisions = [hits / items if items else 0.0 for hits, items in zip(found, returned, strict=True)]
        assert macro.precision[radius] == pytest.approx(np.mean(precisions), abs=1e-15)
        recalls = (found[some] / relevant[some].sum(axis=1)).mean() if some.any() else np.nan
        assert macro.recall[radius] == pytest.approx(recalls, abs=1e-15, nan_ok=True)
        pooled = found.sum() / returned.sum() if returned.sum() else np.nan
        assert micro.precision[radius] == pytest.approx(pooled, abs=1e-15, nan_ok=True)
        pooled = found.sum() / relevant.sum() if some.any() else np.nan
        assert micro.recall[radius] == pytest.approx(pooled, abs=1e-15, nan_ok=True)
        for curve in (macro, micro):
            assert curve.empty[radius] == (returned == 0).mean()
            assert curve.returned[radius] == returned.mean()


def test_the_widest_radius_returns_everything():
    histograms = DistanceHistograms(np.array([[0, 1, 3], [0, 0, 4]]), np.array([[0, 1, 1], [0, 0, 1]]))
    curve = radius_curve(histograms)
    np.testing.assert_array_equal(curve.empty, [1.0, 0.5, 0.0])
    assert (curve.precision[-1], curve.recall[-1], curve.returned[-1]) == (0.375, 1.0, 4.0)


def test_wrong_average_is_named():
    with pytest.raises(ValueError, match="average must be one of macro, micro, got 'mean'"):
        radius_curve(DistanceHistograms(np.array([[1]]), np.array([[1]])), average="mean")
