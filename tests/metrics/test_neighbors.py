from __future__ import annotations

from importlib import import_module
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ucch.codes import pack, unpack
from ucch.metrics import Neighbors, cosine_neighbors, neighbors_kept, neighbors_kept_by

CORNERS = np.array([[1, 0], [0, 1], [-1, 0], [1, 1]])


def drawn(seed, n_queries=3, n_items=7, n_bits=3):
    """Features on a few directions and codes of a few bits, so that both sides tie."""
    rng = np.random.default_rng(seed)
    features = [CORNERS[rng.integers(0, 4, n)] * rng.choice([1.0, 2.0], (n, 1)) for n in (n_queries, n_items)]
    codes = [pack(rng.integers(0, 2, (n, n_bits))) for n in (n_queries, n_items)]
    return (*features, *codes)


def over_all_orders(scores, other, k, n, own=None):
    """Mean share of the k nearest by ``scores`` among the n nearest by ``other``, over every order of ties."""
    items = [item for item in range(len(scores)) if item != own]

    def heads(values, length):
        orders = [order for order in permutations(items) if all(np.diff([values[i] for i in order]) <= 1e-9)]
        return [set(order[:length]) for order in orders]

    k = min(k, len(items))
    return np.mean([len(true & found) / k for true in heads(scores, k) for found in heads(other, n)])


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_the_share_is_its_mean_over_tie_orders_of_both_sides(seed, k, n, within):
    query, items, query_codes, item_codes = drawn(seed, n_queries=1, n_items=4)
    own = np.array([seed % 4]) if within else None
    found = cosine_neighbors(query, items, k, left_out=own)
    cosine = (items @ query[0]) / np.linalg.norm(items, axis=1) / np.linalg.norm(query)
    agreement = unpack(item_codes, 3).astype(float) @ unpack(query_codes, 3)[0]
    wanted = over_all_orders(cosine.round(6), agreement, k, n, seed % 4 if within else None)
    assert neighbors_kept(found, query_codes, item_codes, 3, n)[0] == pytest.approx(wanted, abs=1e-12)


def test_the_share_is_what_random_orders_give():
    query, items, query_codes, item_codes = drawn(0, n_queries=2, n_items=60)
    found = cosine_neighbors(query, items, 10)
    unit = items / np.linalg.norm(items, axis=1, keepdims=True)
    cosine = (unit @ (query / np.linalg.norm(query, axis=1, keepdims=True)).T).T.round(6)
    distance = np.bitwise_count(query_codes[:, None] ^ item_codes).sum(axis=2)
    rng, shares = np.random.default_rng(1), []
    for _ in range(4000):
        true = np.lexsort((rng.random(cosine.shape), -cosine), axis=1)[:, :10]
        got = np.lexsort((rng.random(cosine.shape), distance), axis=1)[:, :25]
        shares.append([len(np.intersect1d(a, b)) / 10 for a, b in zip(true, got, strict=True)])
    np.testing.assert_allclose(neighbors_kept(found, query_codes, item_codes, 3, 25), np.mean(shares, 0), atol=0.01)


@given(st.integers(0, 10**6), st.sampled_from([1, 10, 30]), st.booleans())
def test_scores_that_are_hamming_similarities_rank_as_the_codes_do(seed, n, within):
    query, items, query_codes, item_codes = drawn(seed, n_queries=5, n_items=40, n_bits=11)
    own = np.arange(5) if within else None
    found = cosine_neighbors(query, items, 10, left_out=own)

    def agreement(rows):
        return unpack(query_codes[rows], 11).astype(np.float32) @ unpack(item_codes, 11).T

    np.testing.assert_allclose(
        neighbors_kept_by(found, agreement, n), neighbors_kept(found, query_codes, item_codes, 11, n), atol=1e-12
    )


def test_the_features_keep_all_of_their_own_neighbours_and_the_whole_list_has_all():
    rng = np.random.default_rng(0)
    query, items = rng.normal(size=(20, 6)), rng.normal(size=(50, 6))
    found = cosine_neighbors(query, items, 10)
    unit = items / np.linalg.norm(items, axis=1, keepdims=True)
    np.testing.assert_array_equal(neighbors_kept_by(found, lambda rows: query[rows] @ unit.T, 10), np.ones(20))
    codes = pack(rng.integers(0, 2, (50, 5)))
    np.testing.assert_allclose(neighbors_kept(found, codes[:20], codes, 5, 50), np.ones(20), atol=1e-12)
    chance = neighbors_kept(found, pack(np.zeros((20, 5))), pack(np.zeros((50, 5))), 5, 10)
    np.testing.assert_allclose(chance, np.full(20, 10 / 50), atol=1e-12)


def test_nobody_finds_itself_within_one_set():
    features = np.random.default_rng(0).normal(size=(12, 4))
    found = cosine_neighbors(features, features, 3, left_out=np.arange(12))
    assert (found.queries != found.items).all()
    np.testing.assert_allclose(np.bincount(found.queries, weights=found.weights), 3.0)


def test_repeated_items_share_the_last_place():
    items = np.repeat(np.random.default_rng(0).normal(size=(10, 300)).astype(np.float32), 7, axis=0)
    found = cosine_neighbors(items[:1], items, 10)
    assert (len(found.items), found.k) == (14, 10)
    assert sorted(set(found.weights.round(12))) == [round(3 / 7, 12), 1.0]


def test_chunks_do_not_matter(monkeypatch):
    query, items, *_ = drawn(3, n_queries=20, n_items=30, n_bits=9)
    whole = cosine_neighbors(query, items, 4)
    scores = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    straight = neighbors_kept_by(whole, lambda rows: scores[rows], 7)
    monkeypatch.setattr(import_module("ucch.metrics.neighbors"), "_CELLS", 70)
    parts = cosine_neighbors(query, items, 4)
    for name in ("queries", "items", "weights"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    np.testing.assert_array_equal(neighbors_kept_by(parts, lambda rows: scores[rows], 7), straight)


def test_fewer_items_than_neighbours_and_none_at_all():
    found = cosine_neighbors(np.ones((2, 3)), np.ones((4, 3)), 10)
    assert (found.k, len(found.items)) == (4, 8)
    alone = cosine_neighbors(np.ones((1, 3)), np.ones((1, 3)), 10, left_out=[0])
    assert np.isnan(neighbors_kept(alone, pack(np.ones((1, 4))), pack(np.ones((1, 4))), 4)).all()
    none = cosine_neighbors(np.empty((0, 3)), np.ones((4, 3)))
    assert neighbors_kept(none, pack(np.empty((0, 4), bool)), pack(np.ones((4, 4))), 4).shape == (0,)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"of one width d, M at least 1, got shapes \(2, 3\) and \(2, 4\)"):
        cosine_neighbors(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="item_features must be finite, but row 1 is not"):
        cosine_neighbors(np.ones((2, 1)), np.array([[1.0], [np.nan]]))
    with pytest.raises(ValueError, match="left_out must name one of 2 items for each of 2 queries"):
        cosine_neighbors(np.ones((2, 1)), np.ones((2, 1)), left_out=[0, 2])
    with pytest.raises(ValueError, match="k must be"):
        cosine_neighbors(np.ones((2, 1)), np.ones((2, 1)), 0)
    found = Neighbors(np.array([0]), np.array([0]), np.ones(1), 1, 2, 1)
    with pytest.raises(ValueError, match=r"item_codes must have 2 rows as the neighbours have, got shape \(1, 1\)"):
        neighbors_kept(found, pack(np.ones((1, 8))), pack(np.ones((1, 8))), 8)
    with pytest.raises(ValueError, match=r"scores must be \(1, 2\) numbers, got shape \(1, 3\)"):
        neighbors_kept_by(found, lambda rows: np.ones((1, 3)))
