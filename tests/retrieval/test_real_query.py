"""Queries that are not rounded, against a product with the unpacked codes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.retrieval.kit import KINDS, THOROUGH, random_codes
from ucch.codes import pack, sign, unpack
from ucch.errors import DataError
from ucch.retrieval import BinaryIndex

RNG = np.random.default_rng(0)


def distances(real: np.ndarray, codes: np.ndarray, n_bits: int) -> np.ndarray:
    unit = real / np.linalg.norm(real, axis=1, keepdims=True)
    return 1 - unit @ unpack(codes, n_bits).T / np.sqrt(n_bits)


@pytest.mark.parametrize("n_bits", [1, 7, 16, 61, 256])
def test_the_order_is_that_of_the_product_with_the_codes(n_bits: int) -> None:
    codes, real = random_codes(300, n_bits), RNG.normal(size=(9, n_bits))
    hits = BinaryIndex.build(codes, n_bits).search_real(real, 12)
    wanted = distances(real, codes, n_bits)
    for query, (ids, found) in enumerate(hits):
        np.testing.assert_allclose(found, np.sort(wanted[query])[:12], atol=2e-6)
        np.testing.assert_allclose(wanted[query][ids], found, atol=2e-6)
    assert hits.distances.dtype == np.float32


def test_equal_codes_stand_in_the_order_of_their_ids_whatever_k() -> None:
    codes = np.repeat(random_codes(5, 16), 40, axis=0)
    ids = RNG.permutation(200)
    index, real = BinaryIndex.build(codes, 16, ids=ids), RNG.normal(size=(3, 16))
    whole = index.search_real(real, 200)
    for k in (1, 30, 50):
        for query, (found, _) in enumerate(index.search_real(real, k)):
            assert found.tolist() == whole[query][0][:k].tolist()
    first = whole[0][0][:40]
    assert first.tolist() == sorted(first.tolist())


@pytest.mark.parametrize("only", [list(range(3)), list(range(0, 300, 2))])
def test_a_filter_gives_the_exact_order_of_what_is_left(only: list[int]) -> None:
    codes, real = random_codes(300, 24), RNG.normal(size=(2, 24))
    hits = BinaryIndex.build(codes, 24).search_real(real, 10, only=only)
    wanted = distances(real, codes[only], 24)
    for query, (ids, _) in enumerate(hits):
        assert ids.tolist() == np.array(only)[np.argsort(wanted[query], kind="stable")[:10]].tolist()


def test_changes_of_the_index_are_seen() -> None:
    codes, real = random_codes(50, 16), RNG.normal(size=(1, 16))
    index = BinaryIndex.build(codes, 16)
    best = int(index.search_real(real, 1).ids[0])
    index.remove([best])
    assert best not in index.search_real(real, 49).ids
    index.add([999], pack(sign(real)))
    assert index.search_real(real, 1).ids.tolist() == [999]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_answers_and_a_shortlist_of_all_is_exact(kind: str) -> None:
    codes, real = random_codes(120, 16), RNG.normal(size=(4, 16))
    index = BinaryIndex.build(codes, 16, kind=kind, parameters=THOROUGH[kind])
    exact = BinaryIndex.build(codes, 16).search_real(real, 5)
    found = index.search_real(real, 5, candidates=120)
    np.testing.assert_allclose(found.distances, exact.distances, atol=2e-6)
    assert len(index.search_real(real, 5).ids) == 20


def test_more_items_than_there_are_and_none() -> None:
    codes, real = random_codes(4, 16), RNG.normal(size=(2, 16))
    assert BinaryIndex.build(codes, 16).search_real(real, 10).starts.tolist() == [0, 4, 8]
    empty = BinaryIndex.build(codes[:0], 16).search_real(real, 10)
    assert (len(empty), len(empty.ids), empty.distances.dtype) == (2, 0, np.float32)


def test_outputs_of_another_width_are_refused() -> None:
    index = BinaryIndex.build(random_codes(4, 16), 16)
    with pytest.raises(
        DataError, match=r"outputs \(Q, 16\), one number for each bit of the codes, got shape \(2, 15\)"
    ):
        index.search_real(np.ones((2, 15)))
    with pytest.raises(DataError, match="real must be finite"):
        index.search_real(np.full((1, 16), np.nan))
    with pytest.raises(ValueError, match="candidates must be at least k, 10, got 3"):
        index.search_real(np.ones((1, 16)), 10, candidates=3)
