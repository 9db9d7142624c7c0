"""Candidates in a better order."""

from __future__ import annotations

import numpy as np
import pytest

from tests.retrieval.kit import random_codes
from ucch.codes import unpack
from ucch.errors import DataError
from ucch.retrieval import BinaryIndex, CompactFeatures

RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(60, 5)).astype(np.float32)
ASKED = RNG.normal(size=(4, 5)).astype(np.float32)


def cosine_distance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    left, right = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (left, right))
    return 1 - left @ right.T


def test_with_every_item_a_candidate_it_is_the_exact_cosine_search() -> None:
    index = BinaryIndex.build(random_codes(60, 16), 16, features=CompactFeatures.compress(REAL, "float16"))
    hits = index.search_reranked(random_codes(4, 16, seed=1), ASKED, 6, candidates=60)
    exact = cosine_distance(ASKED, REAL)
    for query, (ids, distances) in enumerate(hits):
        assert ids.tolist() == np.argsort(exact[query])[:6].tolist()
        np.testing.assert_allclose(distances, np.sort(exact[query])[:6], atol=2e-3)
    assert hits.distances.dtype == np.float32


def test_only_candidates_are_looked_at() -> None:
    codes, queries = random_codes(60, 16), random_codes(4, 16, seed=1)
    index = BinaryIndex.build(codes, 16, features=CompactFeatures.compress(REAL))
    shortlist = index.search(queries, 10)
    for query, (ids, _) in enumerate(index.search_reranked(queries, ASKED, 10, candidates=10)):
        assert sorted(ids.tolist()) == sorted(shortlist[query][0].tolist())


def test_by_codes_it_is_the_product_of_real_query_and_code() -> None:
    codes, outputs = random_codes(60, 12), RNG.normal(size=(4, 12)).astype(np.float32)
    index = BinaryIndex.build(codes, 12)
    hits = index.search_reranked(random_codes(4, 12, seed=1), outputs, 60, candidates=60, by="codes")
    exact = cosine_distance(outputs, unpack(codes, 12).astype(np.float32))
    for query, (ids, distances) in enumerate(hits):
        np.testing.assert_allclose(distances, exact[query][ids], atol=1e-6)
        assert (np.diff(distances) >= 0).all()


def test_equal_scores_stand_in_the_order_of_the_ids() -> None:
    index = BinaryIndex.build(
        np.zeros((3, 1), np.uint8), 8, ids=["c", "a", "b"], features=CompactFeatures.compress(np.ones((3, 2)))
    )
    hits = index.search_reranked(np.zeros(1, np.uint8), np.ones(2), 3, candidates=3)
    assert hits.ids.tolist() == ["a", "b", "c"]


def test_what_is_refused() -> None:
    index, query = BinaryIndex.build(random_codes(60, 16), 16), random_codes(1, 16)
    with pytest.raises(DataError, match="keeps no features to re-rank by"):
        index.search_reranked(query, ASKED[:1])
    with pytest.raises(DataError, match=r"real must have shape \(1, 16\) to re-rank by codes, got \(1, 5\)"):
        index.search_reranked(query, ASKED[:1], by="codes")
    with pytest.raises(ValueError, match="by must be one of codes, features, got 'ids'"):
        index.search_reranked(query, ASKED[:1], by="ids")
