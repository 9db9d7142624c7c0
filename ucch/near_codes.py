"""The pairs of codes that differ in few bits, and the groups that chains of pairs make."""

from __future__ import annotations

import itertools
from math import comb, log2

import numpy as np
import numpy.typing as npt

from .codes import PackedCodes

__all__ = ["first_of_group", "near_pairs"]

_MOST_CHOICES = 1000  # of parts that agree

Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


def near_pairs(distinct: PackedCodes, radius: int) -> tuple[Rows, Rows, Rows]:
    """Find all pairs of codes within a radius, each once, never by comparing all with all.

    Of ``radius + a`` parts of two such codes at least a are equal. So only those are compared that are equal in some
    choice of a parts: sorted by those bits they stand side by side. That is ``O(C (M log M + M^2 / 2^b))`` for C
    choices of b bits and codes that spread over them; a is the one for which this is least.

    Args:
        distinct: (M, W) codes, no two the same.
        radius: differing bits.

    Returns:
        Rows of the first, rows of the second, larger, and their distances, (pairs,) each, in order.

    Reference:
        Norouzi, Punjani, Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012, for the parts.
    """
    n, n_bits = len(distinct), 8 * distinct.shape[1]
    pairs = np.empty(0, np.int64)
    if radius == 0 or n < 2:
        return pairs, pairs, pairs
    words = _words(distinct)
    agree = _cheapest(n, n_bits, radius)
    parts = [np.arange(part, n_bits, radius + agree) for part in range(radius + agree)]
    for chosen in itertools.combinations(parts, agree):
        bits = np.zeros((1, n_bits), np.uint8)
        bits[0, np.concatenate(chosen)] = 1
        found = _alike(words, _words(np.packbits(bits, axis=1)), radius)
        pairs = np.union1d(pairs, found)
    one, other = np.divmod(pairs, n)
    return one, other, np.bitwise_count(words[one] ^ words[other]).sum(1, dtype=np.int64)


def first_of_group(n_rows: int, one: Rows, other: Rows) -> Rows:
    """The first row of the group that chains of pairs put each row into, (n_rows,); O(rows + pairs)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(n_rows, n_rows))
    group = connected_components(edges, directed=False)[1]
    first = np.unique(group, return_index=True)[1]
    return first[group].astype(np.int64)


def _words(codes: PackedCodes) -> Words:
    """Codes as whole numbers of 64 bits, padded by zeros, (M, V)."""
    padded = np.pad(codes, ((0, 0), (0, -codes.shape[1] % 8)))
    return np.ascontiguousarray(padded).view(np.uint64)


def _cheapest(n: int, n_bits: int, radius: int) -> int:
    """How many equal parts to ask for."""

    def cost(agree: int) -> float:
        return comb(radius + agree, agree) * (n * log2(n) + n * n / 2 ** (agree * n_bits / (radius + agree)))

    return min((agree for agree in range(1, 9) if agree == 1 or comb(radius + agree, agree) <= _MOST_CHOICES), key=cost)


def _alike(words: Words, mask: Words, radius: int) -> Rows:
    """Pairs ``row n + larger row`` within the radius among codes that are equal where the mask is set."""
    n = len(words)
    mixed = (words & mask) * (2 * np.arange(words.shape[1], dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    key = np.bitwise_xor.reduce(mixed, axis=1)  # equal for equal bits, and rarely else
    order = np.argsort(key)
    key, sorted_words = key[order], words[order]
    rows, step, found = np.arange(n), 1, [np.empty(0, np.int64)]
    while len(rows := rows[rows + step < n]) and len(rows := rows[key[rows] == key[rows + step]]):
        apart = np.bitwise_count(sorted_words[rows] ^ sorted_words[rows + step]).sum(1, dtype=np.int64)
        near = rows[apart <= radius]
        both = np.sort(np.stack([order[near], order[near + step]], axis=1), axis=1)
        found.append(both[:, 0] * n + both[:, 1])
        step += 1
    return np.concatenate(found)
