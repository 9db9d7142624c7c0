"""Ties at the cut and filters, whatever order an engine answers in."""

from __future__ import annotations

import numpy as np
import pytest

from tests.retrieval.kit import random_codes
from ucch.codes import PackedCodes, hamming_distance
from ucch.retrieval.engine import Found
from ucch.retrieval.flat import Flat
from ucch.retrieval.nearest import nearest
from ucch.retrieval.rows import Rows


class Contrary(Flat):
    """Exact, but of equal distances it gives the last row first, and it counts its searches."""

    searches = 0

    def search(self, queries: PackedCodes, k: int) -> Found:
        self.searches += 1
        distances = hamming_distance(queries, self.codes)
        order = np.argsort(distances[:, ::-1], axis=1, kind="stable")[:, :k]
        rows = len(self.codes) - 1 - order
        return np.take_along_axis(distances, rows, 1), rows


@pytest.mark.parametrize("n_bits", [1, 4, 16])
@pytest.mark.parametrize("k", [1, 7, 200])
def test_the_order_of_the_engine_does_not_show(n_bits: int, k: int) -> None:
    codes, queries = random_codes(500, n_bits), random_codes(5, n_bits, seed=1)
    ids = np.random.default_rng(2).permutation(500)
    for only in (None, np.arange(0, 500, 2), np.arange(3), np.arange(0)):
        one, other = (nearest(engine(codes), Rows(codes, ids), queries, k, only) for engine in (Contrary, Flat))
        assert one.to_json() == other.to_json()


def test_without_a_tie_at_the_cut_one_search_is_enough() -> None:
    codes = np.packbits(np.tri(64, 64, -1, dtype=bool), axis=1)  # row i has i bits set
    engine = Contrary(codes)
    hits = nearest(engine, Rows(codes, np.arange(64)), np.zeros((1, 8), np.uint8), 5)
    assert hits.ids.tolist() == [0, 1, 2, 3, 4]
    assert engine.searches == 1


def test_removed_rows_are_not_found_even_if_asked_for() -> None:
    codes = random_codes(20, 8)
    alive = np.ones(20, bool)
    alive[4] = False
    for only in (None, np.arange(20), np.array([4])):
        hits = nearest(Flat(codes), Rows(codes, np.arange(20), alive), codes[4:5], 20, only)
        assert 4 not in hits.ids.tolist()


def test_no_queries_and_no_rows() -> None:
    codes = random_codes(3, 8)
    assert len(nearest(Flat(codes), Rows(codes, np.arange(3)), codes[:0], 2)) == 0
    empty = nearest(Flat(codes[:0]), Rows(codes[:0], np.arange(0)), codes, 2)
    assert [len(ids) for ids, _ in empty] == [0, 0, 0]
