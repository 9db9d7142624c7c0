from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from ucch.codes import pack
from ucch.metrics import (
    bit_agreement,
    bit_balance,
    bit_correlation,
    code_health,
    distinct_codes,
    effective_dimension,
)

BITS = np.random.default_rng(0).random((300, 11)) < np.linspace(0.2, 0.8, 11)


def test_balance_is_the_share_of_set_bits():
    np.testing.assert_allclose(bit_balance(pack(BITS), 11), BITS.mean(axis=0), atol=1e-15)


def test_correlation_is_that_of_numpy():
    np.testing.assert_allclose(bit_correlation(pack(BITS), 11), np.corrcoef(BITS.T), atol=1e-13)


def test_chunks_do_not_matter(monkeypatch):
    straight = bit_correlation(pack(BITS), 11), bit_balance(pack(BITS), 11)
    monkeypatch.setattr(import_module("ucch.metrics.code_health"), "_ROWS", 7)
    np.testing.assert_array_equal(bit_correlation(pack(BITS), 11), straight[0])
    np.testing.assert_array_equal(bit_balance(pack(BITS), 11), straight[1])


def test_every_code_once_has_full_entropy_and_no_correlation():
    health = code_health(np.arange(256, dtype=np.uint8)[:, None], 8)
    assert (health.n_codes, health.n_distinct, health.code_entropy, health.bit_entropy) == (256, 256, 8.0, 1.0)
    assert (health.mean_correlation, health.correlation_norm, health.dead_bits) == (0.0, 0.0, ())


def test_copied_and_dead_bits_show():
    bits = BITS[:, :6].copy()
    bits[:, 3], bits[:, 5] = bits[:, 0], True
    health = code_health(pack(bits), 6)
    assert health.dead_bits == (5,)
    correlation = bit_correlation(pack(bits), 6)
    assert correlation[0, 3] == pytest.approx(1.0, abs=1e-13)
    assert np.isnan(correlation[5]).all()
    live = np.corrcoef(bits[:, :5].T)[~np.eye(5, dtype=bool)]
    assert health.mean_correlation == pytest.approx(np.abs(live).mean(), abs=1e-13)
    assert health.correlation_norm == pytest.approx(np.linalg.norm(live), abs=1e-13)


def test_entropies_equal_their_definitions():
    health = code_health(pack(BITS), 11)
    share = BITS.mean(axis=0)
    assert health.bit_entropy == pytest.approx(
        np.mean(-share * np.log2(share) - (1 - share) * np.log2(1 - share)), abs=1e-13
    )
    times = np.unique(BITS, axis=0, return_counts=True)[1]
    assert health.n_distinct == len(times)
    assert health.code_entropy == pytest.approx(-np.sum(times / 300 * np.log2(times / 300)), abs=1e-13)
    assert sorted(distinct_codes(pack(BITS), 11)) == sorted(times)


def test_one_code_only_is_all_dead():
    health = code_health(np.full((4, 1), 0b10100000, np.uint8), 3)
    assert health.dead_bits == (0, 1, 2)
    assert (health.n_distinct, health.code_entropy, health.bit_entropy) == (1, 0.0, 0.0)
    assert np.isnan(health.mean_correlation)
    assert health.correlation_norm == 0.0


def test_agreement_is_the_share_of_equal_bits():
    other = BITS.copy()
    other[:30, 2] ^= True
    other[:, 4] ^= True
    expected = np.ones(11)
    expected[2], expected[4] = 0.9, 0.0
    np.testing.assert_allclose(bit_agreement(pack(BITS), pack(other), 11), expected, atol=1e-15)


@pytest.mark.parametrize("function", [bit_balance, bit_correlation, distinct_codes, code_health])
def test_wrong_codes_are_named(function):
    with pytest.raises(TypeError, match="codes must be packed uint8, got bool; pack codes with ucch.codes.pack"):
        function(BITS, 11)
    with pytest.raises(ValueError, match=r"codes must be 3 bytes wide for 24 bits, got shape \(300, 2\)"):
        function(pack(BITS), 24)
    with pytest.raises(ValueError, match=r"codes must hold at least one row of packed codes, got shape \(0, 2\)"):
        function(pack(BITS)[:0], 11)


def test_pairs_must_match_row_by_row():
    with pytest.raises(ValueError, match="image_codes and text_codes must pair row by row, got 300 and 299 rows"):
        bit_agreement(pack(BITS), pack(BITS)[1:], 11)


def test_effective_dimension_is_the_participation_ratio_of_the_eigenvalues():
    signs = 2.0 * BITS - 1
    values = np.linalg.eigvalsh(np.cov(signs.T, bias=True))
    assert effective_dimension(pack(BITS), 11) == pytest.approx(values.sum() ** 2 / (values**2).sum(), abs=1e-10)
    assert code_health(pack(BITS), 11).effective_dimension == effective_dimension(pack(BITS), 11)


def test_effective_dimension_counts_independent_bits():
    every = np.arange(256, dtype=np.uint8)[:, None]
    assert effective_dimension(every, 8) == 8.0
    assert effective_dimension(np.repeat(every, 4, axis=1), 32) == pytest.approx(8.0)  # copies add no dimension
    assert effective_dimension(pack(np.repeat(BITS[:, :1], 9, axis=1)), 9) == pytest.approx(1.0)
    assert np.isnan(effective_dimension(pack(np.ones((4, 9))), 9))
