"""The exact engine."""

from __future__ import annotations

import numpy as np
import pytest

from tests.retrieval.kit import random_codes
from ucch.codes import hamming_distance
from ucch.retrieval.flat import Flat, nearest_rows


def test_distances_are_those_of_the_package() -> None:
    codes, queries = random_codes(100, 24), random_codes(6, 24, seed=1)
    distances, rows = nearest_rows(codes, queries, 100)
    every = hamming_distance(queries, codes)
    assert (np.sort(every, axis=1) == distances).all()
    assert (np.take_along_axis(every, rows, 1) == distances).all()


def test_a_read_only_map_is_searched_where_it_lies(tmp_path: object) -> None:
    codes = random_codes(50, 16)
    codes.flags.writeable = False
    assert Flat(codes).codes is codes
    assert Flat(codes).search(codes[7:8], 1)[0].tolist() == [[0]]


def test_it_has_nothing_to_set() -> None:
    with pytest.raises(ValueError, match="flat has no parameter to set, got 'ef'"):
        Flat(random_codes(3, 8)).set("ef", 3)
