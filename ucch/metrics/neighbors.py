"""How many neighbours by the features stay neighbours by the codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import normalize

from .._checks import positive_int
from ..codes import PackedCodes, check_packed
from .histograms import distance_histograms

__all__ = ["Neighbors", "cosine_neighbors", "neighbors_kept", "neighbors_kept_by"]

_CELLS = 1 << 24  # similarities held at a time: 64 MiB
_EQUAL = 1e-6  # float32 products of the same rows differ by less, depending on where in a matrix they stand

Scores = Callable[[slice], npt.NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The k nearest items of each of Q queries, as a sparse (Q, M) matrix of probabilities.

    An item nearer than the k-th is a neighbour with probability 1; of t items that share the k-th place, with m places
    left for them, each is one with probability m/t: the mean over the orders of tied items. Every row sums to k.

    Attributes:
        queries: (n,) int64, rising; items: (n,) int64; weights: (n,) float64 in (0, 1].
        n_queries: Q.
        n_items: M.
        k: neighbours of a query; fewer than asked for where there are not so many items.
        left_out: (Q,) int64, the item that each query is itself; None where queries are no items.
    """

    queries: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    n_queries: int
    n_items: int
    k: int
    left_out: npt.NDArray[np.int64] | None = None


def cosine_neighbors(
    query_features: npt.ArrayLike,
    item_features: npt.ArrayLike,
    k: int = 10,
    *,
    left_out: npt.ArrayLike | None = None,
) -> Neighbors:
    """Find the ``k`` nearest items of each query by cosine, exactly.

    Args:
        query_features: (Q, d) finite numbers; a row of zeros has cosine 0 to everything.
        item_features: (M, d), M >= 1.
        k: neighbours wanted, at least 1.
        left_out: (Q,) the item that each query is, for neighbours within one set, so that none finds itself.

    Returns:
        The neighbours; cosines within 1e-6 of the k-th count as tied with it, since float32 products cannot tell them
        apart. Cost: O(Q M d) time; memory ``4 M d`` bytes of unit rows and 64 MiB of cosines, whatever Q x M is.

    Raises:
        TypeError: ``k`` is not an int.
        ValueError: ``k`` is below 1, shapes do not fit, a feature is not finite, or an item left out does not exist.

    Example:
        >>> items = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
        >>> found = cosine_neighbors([[2.0, 1.0]], items, k=2)
        >>> found.items.tolist(), found.weights.tolist()
        ([0, 1, 2], [1.0, 0.5, 0.5])
    """
    positive_int("k", k)
    queries, items = np.asarray(query_features), np.asarray(item_features)
    if queries.ndim != 2 or items.ndim != 2 or queries.shape[1] != items.shape[1] or len(items) == 0:
        raise ValueError(
            "query and item features must be (Q, d) and (M, d) of one width d, M at least 1, got shapes"
            f" {queries.shape} and {items.shape}"
        )
    own = None if left_out is None else np.asarray(left_out, dtype=np.int64)
    if own is not None and (own.shape != (len(queries),) or (own < 0).any() or (own >= len(items)).any()):
        raise ValueError(f"left_out must name one of {len(items)} items for each of {len(queries)} queries")
    k = min(k, len(items) - (own is not None))
    base = _unit_rows("item_features", items)
    step = max(1, _CELLS // len(items))
    parts = []
    for start in range(0, len(queries) if k else 0, step):
        cosine = (_unit_rows("query_features", queries[start : start + step]) @ base.T).numpy()
        if own is not None:
            cosine[np.arange(len(cosine)), own[start : start + step]] = -np.inf
        row, item, weight = _nearest(cosine, k)
        parts.append((row + start, item, weight))
    found = [np.concatenate(column) for column in zip(*parts, strict=True)] or [np.empty(0, np.int64)] * 3
    return Neighbors(found[0], found[1], found[2].astype(np.float64), len(queries), len(items), k, own)


def neighbors_kept(
    neighbors: Neighbors, query_codes: PackedCodes, item_codes: PackedCodes, n_bits: int, n: int = 10
) -> npt.NDArray[np.float64]:
    """Compute the share of each query's neighbours that stand among the first ``n`` items by Hamming distance.

    With n = k this is the recall@k of the codes as a search for the features' neighbours. In expectation over the
    orders of tied items on both sides, which are independent:
    ``(1/k) sum_i w_i clip((n - N_i) / t_i, 0, 1)``, with N_i items nearer than neighbour i and t_i at its distance.

    Args:
        neighbors: of Q queries among M items; an item left out of them is left out of the ranking too.
        query_codes: packed uint8 (Q, ceil(D/8)).
        item_codes: packed uint8 (M, ceil(D/8)).
        n_bits: D.
        n: length of the list, at least 1.

    Returns:
        float64 (Q,) in [0, 1]; NaN where there is no item to find. Cost: O(Q M D / 64) word operations on all cores,
        memory ``16 Q (D+1)`` bytes.

    Raises:
        TypeError: codes are not packed uint8, ``n`` is not an int.
        ValueError: a width or a row count does not fit, ``n`` is below 1.

    Example:
        >>> found = cosine_neighbors([[2.0, 1.0]], [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], k=1)
        >>> codes = np.array([[0b10], [0b01], [0b00]], np.uint8)  # distances 1, 1, 1 from 0b11, less one
        >>> neighbors_kept(found, np.array([[0b11]], np.uint8), codes, 8, n=1)
        array([0.5])
    """
    positive_int("n", n)
    for name, codes, rows in (
        ("query_codes", query_codes, neighbors.n_queries),
        ("item_codes", item_codes, neighbors.n_items),
    ):
        check_packed(name, codes, n_bits)
        if codes.ndim != 2 or len(codes) != rows:
            raise ValueError(f"{name} must have {rows} rows as the neighbours have, got shape {codes.shape}")
    if neighbors.n_queries == 0:
        return np.empty(0)
    nothing = np.zeros(neighbors.n_queries, np.int64), np.zeros(neighbors.n_items, np.int64)
    counts = distance_histograms(query_codes, item_codes, *nothing, n_bits).counts
    if neighbors.left_out is not None:
        itself = _distance(query_codes, item_codes[neighbors.left_out])
        counts[np.arange(neighbors.n_queries), itself] -= 1
    ahead = counts.cumsum(axis=1) - counts
    distance = _distance(query_codes[neighbors.queries], item_codes[neighbors.items])
    place = neighbors.queries, distance
    return _kept(neighbors, ahead[place], counts[place], n)


def neighbors_kept_by(neighbors: Neighbors, scores: Scores, n: int = 10) -> npt.NDArray[np.float64]:
    """Compute :func:`neighbors_kept` of a ranking by real scores, such as those of unrounded queries.

    Args:
        neighbors: of Q queries among M items.
        scores: gives the scores of some queries, (q, M), larger is nearer, for their slice of rows.
        n: length of the list, at least 1.

    Returns:
        float64 (Q,). Cost: O(Q M log M); 64 MiB of scores at a time, and as much to sort them.

    Raises:
        TypeError: ``n`` is not an int.
        ValueError: ``n`` is below 1, or scores have another shape or are no numbers.
    """
    positive_int("n", n)
    step = max(1, _CELLS // neighbors.n_items)
    ahead, tied = np.empty(len(neighbors.items), np.int64), np.empty(len(neighbors.items), np.int64)
    bounds = np.searchsorted(neighbors.queries, np.arange(neighbors.n_queries + 1))
    for start in range(0, neighbors.n_queries, step):
        rows = slice(start, min(start + step, neighbors.n_queries))
        table = np.array(scores(rows), dtype=np.float32)
        if table.shape != (rows.stop - start, neighbors.n_items) or np.isnan(table).any():
            raise ValueError(
                f"scores must be ({rows.stop - start}, {neighbors.n_items}) numbers, got shape {table.shape}"
            )
        if neighbors.left_out is not None:
            table[np.arange(len(table)), neighbors.left_out[rows]] = -np.inf
        for query, row in enumerate(table, start):
            own = slice(bounds[query], bounds[query + 1])
            ranked, score = np.sort(row), row[neighbors.items[own]]
            right = np.searchsorted(ranked, score, "right")
            ahead[own], tied[own] = len(row) - right, right - np.searchsorted(ranked, score, "left")
    return _kept(neighbors, ahead, tied, n)


def _kept(
    neighbors: Neighbors, ahead: npt.NDArray[np.int64], tied: npt.NDArray[np.int64], n: int
) -> npt.NDArray[np.float64]:
    """Sum the probabilities of the neighbours to stand among the first ``n``, per query, over k."""
    chance = neighbors.weights * np.clip((n - ahead) / np.maximum(tied, 1), 0.0, 1.0)
    total = np.bincount(neighbors.queries, weights=chance, minlength=neighbors.n_queries)
    return total / neighbors.k if neighbors.k else np.full(neighbors.n_queries, np.nan)


def _nearest(
    cosine: npt.NDArray[np.float32], k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Rows, columns and weights of the k largest of each row."""
    kth = torch.from_numpy(cosine).topk(k, dim=1).values[:, -1:].numpy()
    row, item = np.nonzero(cosine >= kth - _EQUAL)
    above = cosine[row, item] > kth[row, 0] + _EQUAL
    n_above = np.bincount(row[above], minlength=len(cosine))
    n_tied = np.bincount(row[~above], minlength=len(cosine))
    weight = np.where(above, 1.0, ((k - n_above) / np.maximum(n_tied, 1))[row])
    return row, item, weight


def _unit_rows(name: str, rows: npt.NDArray[np.generic]) -> torch.Tensor:
    values = torch.from_numpy(np.array(rows, dtype=np.float32))
    finite = values.isfinite().all(dim=1)
    if not bool(finite.all()):
        raise ValueError(f"{name} must be finite, but row {int((~finite).int().argmax())} is not")
    return normalize(values, dim=1)


def _distance(first: PackedCodes, second: PackedCodes) -> npt.NDArray[np.int64]:
    """Hamming distance of each row of one set from the same row of the other."""
    return np.asarray(np.bitwise_count(first ^ second).sum(axis=1, dtype=np.int64))
