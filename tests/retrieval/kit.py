"""Codes to search, and the answer by counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ucch.codes import PackedCodes, pack

KINDS = ("flat", "hnsw", "ivf", "multihash")
THOROUGH = {"flat": {}, "ivf": {"nprobe": 1000}, "hnsw": {"ef": 1000}, "multihash": {"nhash": 1, "b": 8, "nflip": 8}}


def random_codes(n: int, n_bits: int, seed: int = 0) -> PackedCodes:
    return pack(np.random.default_rng(seed).integers(0, 2, (n, n_bits)))


def flipped(code: PackedCodes, n: int, seed: int = 0) -> PackedCodes:
    """A code with `n` bits changed."""
    bits = np.unpackbits(code)
    bits[np.random.default_rng(seed).choice(len(bits), n, replace=False)] ^= 1
    return np.packbits(bits)


def expected(
    codes: PackedCodes, ids: Sequence[Any], query: PackedCodes, k: int, only: Sequence[Any] | None = None
) -> list[tuple[int, Any]]:
    """(distance, id) of the k nearest, by counting bits one code after the other."""
    pairs = [
        (sum(bin(int(x) ^ int(y)).count("1") for x, y in zip(code, query, strict=True)), one)
        for code, one in zip(codes, ids, strict=True)
        if only is None or one in only
    ]
    return sorted(pairs)[:k]
