from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.retrieval.kit import flipped, random_codes
from ucch.codes import hamming_distance
from ucch.near_codes import near_pairs


@pytest.mark.parametrize(("n_bits", "radius"), [(8, 2), (16, 3), (40, 9), (64, 0), (64, 8), (64, 20), (128, 33)])
def test_pairs_are_all_that_counting_finds(n_bits: int, radius: int) -> None:
    codes = random_codes(60, n_bits)
    codes = np.unique(
        np.concatenate([codes, [flipped(code, min(n, n_bits), n) for n, code in enumerate(codes[:25])]]), axis=0
    )
    found = hamming_distance(codes, codes)
    expected = [(i, j, found[i, j]) for i, j in itertools.combinations(range(len(codes)), 2) if found[i, j] <= radius]
    assert sorted(zip(*(column.tolist() for column in near_pairs(codes, radius)), strict=True)) == expected
