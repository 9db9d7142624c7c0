"""Hash tables on parts of a code."""

from __future__ import annotations

import numpy as np
import pytest

from tests.retrieval.kit import random_codes
from ucch.codes import hamming_distance
from ucch.retrieval import BinaryIndex
from ucch.retrieval.multihash import MultiHash


def test_everything_within_the_promised_distance_is_found() -> None:
    codes = random_codes(3000, 24)
    queries = codes[:20].copy()
    queries[:, 0] ^= 0b0101_0000  # two bits
    index = BinaryIndex.build(codes, 24, kind="multihash", parameters={"nhash": 2, "b": 12, "nflip": 1})
    promised = 2 * (1 + 1) - 1
    every = hamming_distance(queries, codes)
    for query, (ids, distances) in enumerate(index.search(queries, 3000)):
        within = set(np.flatnonzero(every[query] <= promised).tolist())
        assert within
        assert within <= set(ids.tolist())
        assert (every[query][ids] == distances).all()


def test_parts_must_fit_into_the_code() -> None:
    assert MultiHash.defaults(1_000_000, 8) == {"nhash": 3, "b": 19, "nflip": 1}
    with pytest.raises(ValueError, match=r"nhash \* b must be at most 16, the bits of a code, got 20"):
        BinaryIndex.build(random_codes(30, 16), 16, kind="multihash", parameters={"nhash": 2, "b": 10})
