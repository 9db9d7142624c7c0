from __future__ import annotations

import numpy as np
import pytest

from tests.retrieval.kit import flipped, random_codes
from ucch.retrieval import near_duplicates


def test_hidden_copies_are_found_and_nothing_else() -> None:
    codes = random_codes(2000, 64)
    copies = np.stack([flipped(codes[row], row % 6, row) for row in range(40)])
    found = near_duplicates(np.concatenate([codes, copies]), 64)
    assert {tuple(rows.tolist()) for rows in found.groups} == {(row, 2000 + row) for row in range(40)}
    assert (found.n_pairs, found.precision > 0.99) == (40, True)
    by_first = {int(rows[0]): farthest for rows, farthest in zip(found.groups, found.farthest, strict=True)}
    assert by_first == {row: row % 6 for row in range(40)}


def test_groups_are_chains_the_largest_first() -> None:
    codes = random_codes(300, 64)
    chain = [codes[7], flipped(codes[7], 2, 1)]
    chain.append(flipped(chain[1], 2, 2))
    found = near_duplicates(np.concatenate([codes, chain, codes[[3, 3]], codes[[1]]]), 64, radius=2)
    assert [rows.tolist() for rows in found.groups] == [[7, 300, 301, 302], [3, 303, 304], [1, 305]]
    assert (found.radius, found.farthest) == (2, [2, 0, 0])


def test_many_equal_codes_are_one_group_and_no_square_of_pairs() -> None:
    codes = np.concatenate([random_codes(50, 64), np.zeros((30_000, 8), np.uint8)])
    found = near_duplicates(codes, 64, radius=0)
    assert [len(rows) for rows in found.groups] == [30_000]
    assert found.n_pairs == 30_000 * 29_999 // 2


def test_codes_whose_kinds_share_a_code_have_no_radius() -> None:
    rng = np.random.default_rng(0)
    kinds = np.unpackbits(random_codes(40, 64), axis=1)
    codes = np.packbits(kinds[rng.integers(0, 40, 1000)] ^ (rng.random((1000, 64)) < 0.06), axis=1)
    found = near_duplicates(codes, 64)
    assert (found.radius, found.groups) == (None, [])
    assert found.precision < 0.99
    asked = near_duplicates(codes, 64, radius=3)
    assert asked.precision < 0.99
    assert asked.groups


def test_small_collections() -> None:
    for n in (0, 1, 2):
        found = near_duplicates(random_codes(n, 64), 64)
        assert (found.groups, found.n_pairs) == ([], 0)
    assert [rows.tolist() for rows in near_duplicates(random_codes(1, 64)[[0, 0]], 64, radius=0).groups] == [[0, 1]]


def test_a_radius_beyond_an_eighth_has_no_estimate() -> None:
    assert np.isnan(near_duplicates(random_codes(50, 64), 64, radius=9).precision)


def test_wrong_arguments_are_named() -> None:
    codes = random_codes(5, 64)
    with pytest.raises(ValueError, match=r"precision must lie in \[0, 1\), got 1"):
        near_duplicates(codes, 64, precision=1)
    with pytest.raises(ValueError, match=r"radius must lie in \[0, 64\], got 65"):
        near_duplicates(codes, 64, radius=65)
    with pytest.raises(ValueError, match="codes must be 4 bytes wide for 32 bits"):
        near_duplicates(codes, 32)
