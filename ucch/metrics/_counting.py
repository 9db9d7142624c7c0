"""The counting pass: popcounts of packed words against label words, binned per query.

Work goes in tiles of a few queries by up to 32,767 items, in buffers that one thread keeps: about 2 MB, so that they
stay in its cache. NumPy and torch release the interpreter lock inside each pass over a tile.
"""

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

__all__ = ["TileCounter", "code_words", "count_into", "tiles"]

_CHUNK = 32_767  # items of a tile; torch would hand longer rows to threads of its own
_CELLS = 4 * _CHUNK  # of a tile
_WORTH_A_THREAD = 1 << 22  # pairs


def code_words(packed: PackedCodes) -> npt.NDArray[np.uint64]:
    """Return packed codes (n, bytes) as 64-bit words (W, n), padded with zero bits."""
    n_items, width = packed.shape
    padded = np.zeros((n_items, 8 * -(-width // 8)), np.uint8)
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

    Args:
        table: int64 (Q, D+1, L), changed in place. With L = 2 the last axis tells irrelevant from relevant items,
            however many labels they share.
        query_words, database_words: (W, Q) and (W, M), from :func:`code_words`.
        query_labels, database_labels: of Q and M items, of one kind.
    """
    n_queries, n_items = len(table), database_words.shape[1]

    def work(share: slice) -> None:
        counter = TileCounter(table.shape[1], table.shape[2])
        part, words, labels = table[share], query_words[:, share], query_labels[share]
        for queries, items in tiles(len(part), n_items):
            part[queries] += counter.count(
                words[:, queries], database_words[:, items], labels[queries], database_labels[items]
            )

    n_threads = min(_cores(), n_queries, 1 + n_queries * n_items // _WORTH_A_THREAD)
    shares = list(_slices(0, n_queries, -(-n_queries // n_threads)))
    if len(shares) == 1:
        work(shares[0])
        return
    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(work, shares))


def tiles(n_queries: int, n_items: int) -> Iterator[tuple[slice, slice]]:
    """Cut queries x items into tiles that fit the buffers, in database order for every query."""
    for items in _slices(0, n_items, _CHUNK):
        for queries in _slices(0, n_queries, _CELLS // (items.stop - items.start)):
            yield queries, items


class TileCounter:
    """Compare tiles of queries x items, in buffers kept from one tile to the next.

    Args:
        n_distances: D + 1.
        n_levels: L, levels of gain; 2 tells irrelevant from relevant.
    """

    def __init__(self, n_distances: int, n_levels: int) -> None:
        self._n_distances, self._n_levels = n_distances, n_levels
        fits = n_distances * n_levels <= np.iinfo(np.int16).max
        self._key = np.empty(_CELLS, np.int16 if fits else np.int32)
        self._wide = np.empty(_CELLS, np.uint64)
        self._bytes = np.empty(_CELLS, np.uint8)

    def count(
        self,
        query_words: npt.NDArray[np.uint64],
        words: npt.NDArray[np.uint64],
        query_labels: LabelSets,
        labels: LabelSets,
    ) -> npt.NDArray[np.int64]:
        """Return the counts (q, D+1, L) of ``q`` queries over ``m`` items."""
        key = self.distances(query_words, words)
        np.multiply(key, self._n_levels, out=key)
        if self._n_levels == 2:
            np.add(key, self.relevant(query_labels, labels), out=key)
        else:
            self._add_shared(key, query_labels, labels)
        n_keys = self._n_distances * self._n_levels
        table = np.empty((len(key), n_keys), np.int64)
        for row, bins in zip(table, torch.from_numpy(key), strict=True):
            row[:] = torch.bincount(bins, minlength=n_keys).numpy()
        return table.reshape(len(key), self._n_distances, self._n_levels)

    def distances(self, query_words: npt.NDArray[np.uint64], words: npt.NDArray[np.uint64]) -> npt.NDArray[Any]:
        """Return Hamming distances (q, m), valid until the next call."""
        shape = (query_words.shape[1], words.shape[1])
        key, xor, ones = _view(self._key, shape), _view(self._wide, shape), _view(self._bytes, shape)
        for number, (of_queries, of_items) in enumerate(zip(query_words, words, strict=True)):
            np.bitwise_xor(of_items, of_queries[:, None], out=xor)
            np.bitwise_count(xor, out=ones)
            if number == 0:
                key[...] = ones
            else:
                np.add(key, ones, out=key)
        return key

    def relevant(self, query_labels: LabelSets, labels: LabelSets) -> npt.NDArray[np.bool_]:
        """Return whether a label is shared, (q, m), valid until the next call."""
        shape = (len(query_labels), len(labels))
        answer: npt.NDArray[np.bool_] = _view(self._bytes, shape).view(np.bool_)
        if labels.single:
            np.equal(labels.words[0], query_labels.words[0][:, None], out=answer)
            return answer
        any_shared = _view(self._wide.view(labels.words.dtype), shape)
        np.bitwise_and(labels.words[0], query_labels.words[0][:, None], out=any_shared)
        for of_queries, of_items in zip(query_labels.words[1:], labels.words[1:], strict=True):
            any_shared |= of_items & of_queries[:, None]
        np.not_equal(any_shared, 0, out=answer)
        return answer

    def _add_shared(self, key: npt.NDArray[Any], query_labels: LabelSets, labels: LabelSets) -> None:
        """Add to ``key`` the number of labels shared."""
        shared, ones = _view(self._wide.view(labels.words.dtype), key.shape), _view(self._bytes, key.shape)
        for of_queries, of_items in zip(query_labels.words, labels.words, strict=True):
            np.bitwise_and(of_items, of_queries[:, None], out=shared)
            np.add(key, np.bitwise_count(shared, out=ones), out=key)


def _view(buffer: npt.NDArray[Any], shape: tuple[int, int]) -> npt.NDArray[Any]:
    return buffer[: shape[0] * shape[1]].reshape(shape)


def _slices(start: int, stop: int, step: int) -> Iterator[slice]:
    return (slice(first, min(first + step, stop)) for first in range(start, stop, step))


def _cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
