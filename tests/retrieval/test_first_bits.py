"""An index of first bits: they find, and the whole codes order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.retrieval.kit import random_codes
from ucch.codes import pack, sign
from ucch.errors import DataError
from ucch.retrieval import BinaryIndex, CompactFeatures
from ucch.retrieval.first_bits import first_and_whole

RNG = np.random.default_rng(0)


def test_a_query_is_cut_in_its_first_bits_and_a_whole_with_padding() -> None:
    features = CompactFeatures.of_codes(random_codes(2, 12))
    first, whole = first_and_whole(np.arange(-5.0, 7.0), features, 7)
    assert first.tolist() == [[0b00000110]]
    assert whole.tolist() == [[*range(-5, 7), 0, 0, 0, 0]]


def test_first_bits_find_and_whole_codes_order(tmp_path: Path) -> None:
    whole, real = random_codes(200, 44), RNG.normal(size=(3, 44))
    index = BinaryIndex.build(whole[:, :2], 16, features=CompactFeatures.of_codes(whole))
    assert index.features_kind == "codes"
    index.save(tmp_path / "it.index")
    loaded = BinaryIndex.load(tmp_path / "it.index")
    exact = BinaryIndex.build(whole, 44)
    assert loaded.search_first_bits(real, 9, candidates=200).ids.tolist() == exact.search_real(real, 9).ids.tolist()
    by_code = loaded.search_first_bits(sign(real), 9, candidates=200)
    hamming = exact.search(pack(sign(real)), 9).distances
    np.testing.assert_allclose((44 - 2 * hamming) / np.sqrt(44 * 48), 1 - by_code.distances, atol=2e-6)
    few = loaded.search_first_bits(real, 9, candidates=20)
    shortlist = loaded.search(pack(sign(real[:, :16])), 20)
    for query in range(3):
        assert set(few[query][0]) <= set(shortlist[query][0])


def test_an_index_without_whole_codes_says_so() -> None:
    index = BinaryIndex.build(random_codes(4, 16), 16)
    with pytest.raises(DataError, match="keeps no whole codes behind its bits; build it with ucch index RUN --bits"):
        index.search_first_bits(np.ones((1, 16)))
    index = BinaryIndex.build(random_codes(4, 16), 16, features=CompactFeatures.of_codes(random_codes(4, 64)))
    with pytest.raises(DataError, match=r"a column for each bit of codes of 64, got shape \(1, 16\)"):
        index.search_first_bits(np.ones((1, 16)))
