from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ucch.metrics import calibration_error


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 12), st.sampled_from(["width", "count"]))
def test_it_equals_a_loop_over_bins(seed, n, n_bins, binning):
    rng = np.random.default_rng(seed)
    stated, came = rng.integers(0, 11, n) / 10, rng.random(n) < 0.5
    if binning == "width":
        bins = [[i for i in range(n) if min(int(stated[i] * n_bins), n_bins - 1) == b] for b in range(n_bins)]
    else:
        order = sorted(range(n), key=lambda i: (stated[i], i))
        bins = [[order[r] for r in range(n) if r * n_bins // n == b] for b in range(n_bins)]
    bins = [rows for rows in bins if rows]
    found = calibration_error(stated, came, n_bins, binning=binning)
    assert found.cases.tolist() == [len(rows) for rows in bins]
    error = sum(abs(sum(stated[i] - came[i] for i in rows)) for rows in bins) / n
    assert found.error == pytest.approx(error, abs=1e-12)


def test_right_probabilities_err_by_chance_alone():
    rng = np.random.default_rng(0)
    errors, expected = [], []
    for _ in range(300):
        stated = rng.random(400)
        found = calibration_error(stated, rng.random(400) < stated)
        errors.append(found.error)
        expected.append(found.error_by_chance)
    deviation = np.std(errors) / np.sqrt(len(errors))
    assert (
        abs(np.mean(errors) - np.mean(expected)) < 5 * deviation + 0.002
    )  # within a bin stated values differ a little


def test_bold_probabilities_err():
    came = np.arange(100) % 2 == 0
    assert calibration_error(np.full(100, 0.9), came).error == pytest.approx(0.4)
    assert calibration_error(np.full((10, 10), 0.5), came.reshape(10, 10)).error == 0


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match="true must be boolean, got int64"):
        calibration_error([0.5], [1])
    with pytest.raises(ValueError, match=r"one shape, with a case at least, got \(1,\) and \(2,\)"):
        calibration_error([0.5], [True, False])
    with pytest.raises(ValueError, match=r"one shape, with a case at least, got \(0,\) and \(0,\)"):
        calibration_error([], np.empty(0, bool))
    with pytest.raises(ValueError, match=r"probability must lie in \[0, 1\], got from -0.5 to 0.5"):
        calibration_error([0.5, -0.5], [True, False])
    with pytest.raises(ValueError, match="probability must lie in"):
        calibration_error([np.nan], [True])
    with pytest.raises(ValueError, match="binning must be one of count, width, got 'mass'"):
        calibration_error([0.5], [True], binning="mass")
    with pytest.raises(ValueError, match="n_bins must be"):
        calibration_error([0.5], [True], 0)
