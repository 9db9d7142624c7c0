from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ucch.metrics._harmonic import consecutive_sum, harmonic_span


@given(st.integers(0, 300), st.integers(0, 300))
def test_spans_are_exact_to_the_last_digits(start, length):
    exact = float(sum(Fraction(1, start + j) for j in range(1, length + 1)))
    assert harmonic_span(np.array([start]), np.array([length]))[0] == pytest.approx(exact, rel=2e-15, abs=0)


def test_short_spans_far_out_keep_their_digits():
    starts = np.array([31, 32, 10**4, 10**7, 10**12])
    exact = [float(sum(Fraction(1, int(start) + j) for j in (1, 2, 3))) for start in starts]
    np.testing.assert_allclose(harmonic_span(starts, np.full(5, 3)), exact, rtol=4e-15)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_consecutive_precisions_sum_up(relevant_before, irrelevant_before, found):
    before = relevant_before + irrelevant_before
    exact = float(sum(Fraction(relevant_before + i, before + i) for i in range(1, found + 1)))
    got = consecutive_sum(*(np.array([value]) for value in (relevant_before, before, found)))[0]
    assert got == pytest.approx(exact, abs=1e-13)
