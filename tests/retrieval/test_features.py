"""Features in few bytes."""

from __future__ import annotations

import numpy as np
import pytest

from ucch.errors import DataError
from ucch.retrieval import CompactFeatures
from ucch.retrieval.features import unit_rows

REAL = np.random.default_rng(0).normal(size=(40, 12)) * np.linspace(0.1, 50, 40)[:, None]
UNIT = REAL / np.linalg.norm(REAL, axis=1, keepdims=True)


def test_int8_errs_by_half_a_step_at_most() -> None:
    kept = CompactFeatures.compress(REAL)
    step = np.abs(UNIT).max(1, keepdims=True) / 127
    assert kept.values.dtype == np.int8
    assert (np.abs(kept.rows(np.arange(40)) - UNIT) <= step / 2 + 1e-6).all()


def test_float16_errs_by_its_rounding() -> None:
    kept = CompactFeatures.compress(REAL, "float16")
    np.testing.assert_allclose(kept.rows(np.arange(40)), UNIT, rtol=2**-11, atol=2**-24)


@pytest.mark.parametrize("kind", ["int8", "float16"])
def test_take_and_join_put_rows_where_they_were(kind: str) -> None:
    whole = CompactFeatures.compress(REAL, kind)
    parts = whole.take(np.arange(15)).joined(whole.take(np.arange(15, 40)))
    assert (parts.rows(np.arange(40)) == whole.rows(np.arange(40))).all()
    assert len(parts) == 40


def test_a_row_of_zeros_stays_one() -> None:
    assert (CompactFeatures.compress(np.zeros((2, 3))).rows(np.arange(2)) == 0).all()


def test_what_is_refused() -> None:
    one = CompactFeatures.compress(REAL)
    with pytest.raises(DataError, match="features must be int8 of 12 columns as those of the index, got float16 of 12"):
        one.joined(CompactFeatures.compress(REAL, "float16"))
    with pytest.raises(DataError, match="features must be finite"):
        CompactFeatures.compress(np.array([[np.nan]]))
    with pytest.raises(DataError, match=r"real must be a matrix of real numbers, got shape \(3,\)"):
        unit_rows("real", np.zeros(3))
    with pytest.raises(ValueError, match="kind must be one of float16, int8, got 'int4'"):
        CompactFeatures.compress(REAL, "int4")
