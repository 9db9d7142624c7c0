"""The counting pass: popcounts of packed words against label words, binned per query."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..codes import PackedCodes
from .label_sets import LabelSets

__all__ = ["code_words", "count_into"]

_CHUNK = 32_767  # items of one binning call; torch would split longer ones over threads of its own


def code_words(packed: PackedCodes) -> npt.NDArray[np.uint64]:
    """Return packed codes (n, bytes) as 64-bit words (W, n), padded with zero bits."""
    n_items, width = packed.shape
    n_words = max(1, -(-width // 8))
    padded = np.zeros((n_items, 8 * n_words), np.uint8)
    padded[:, :width] = packed
    return np.ascontiguousarray(padded.view(np.uint64).T)


def count_into(
    table: npt.NDArray[np.int64],
    query_words: npt.NDArray[np.uint64],
    database_words: npt.NDArray[np.uint64],
    query_labels: LabelSets,
    database_labels: LabelSets,
) -> None:
    """Add to ``table[q, d, g]`` the items at distance ``d`` of query ``q`` that share ``g`` labels with it.

    ``table`` is (Q, D+1, L) with L >= 2; with L = 2 the last axis tells irrelevant from relevant items.
    """
    for start in range(0, database_words.shape[1], _CHUNK):
        stop = start + _CHUNK
        _count_chunk(table, query_words, database_words[:, start:stop], query_labels, database_labels.rows(start, stop))


def _count_chunk(
    table: npt.NDArray[np.int64],
    query_words: npt.NDArray[np.uint64],
    words: npt.NDArray[np.uint64],
    query_labels: LabelSets,
    labels: LabelSets,
) -> None:
    n_queries, n_distances, n_levels = table.shape
    n_items = words.shape[1]
    xor, ones = np.empty(n_items, np.uint64), np.empty(n_items, np.uint8)
    key = np.empty(n_items, np.int32)
    bins = torch.from_numpy(key)
    for query in range(n_queries):
        for number, word in enumerate(words):
            np.bitwise_xor(word, query_words[number, query], out=xor)
            np.bitwise_count(xor, out=ones)
            np.copyto(key, ones) if number == 0 else np.add(key, ones, out=key)
        np.multiply(key, n_levels, out=key)
        np.add(key, _gain(query_labels.words[:, query], labels, n_levels), out=key)
        counted = torch.bincount(bins, minlength=n_distances * n_levels)
        table[query] += counted.numpy().reshape(n_distances, n_levels)


def _gain(query: npt.NDArray[Any], labels: LabelSets, n_levels: int) -> npt.NDArray[Any]:
    """Return each item's level: the number of labels shared with the query, or 0/1 with two levels."""
    if labels.single:
        return np.asarray(labels.words[0] == query[0])
    if n_levels == 2:
        shared = labels.words[0] & query[0]
        for word, of_query in zip(labels.words[1:], query[1:], strict=True):
            shared |= word & of_query
        return np.asarray(shared != 0)
    return np.asarray(np.bitwise_count(labels.words & query[:, None]).sum(axis=0, dtype=np.int32))
