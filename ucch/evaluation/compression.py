"""What compression cost: codes beside the exact cosine ranking of the features they come from."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import normalize

from .. import baselines
from ..codes import PackedCodes, n_bytes, unpack
from ..data import ItemDataset, Items
from ..errors import DataError
from ..metrics import (
    DistanceHistograms,
    cosine_neighbors,
    distance_histograms,
    hit_rate_at,
    mean_over_queries,
    neighbors_kept,
    neighbors_kept_by,
)
from ..models import HashModel
from .ranking import number

__all__ = ["Keeping", "compression_cost", "compression_of_model"]

TOP, WITHIN, PAIRS_AT = 10, 200, (1, 10)
_CELLS = 1 << 24  # similarities held at a time: 64 MiB
QUERIES, ITEMS, FITTED, WIDEST = 1000, 20_000, 4000, 2048

Scores = Callable[[slice], npt.NDArray[np.float32]]
Direction = tuple[str, str]


def compression_cost(
    query_features: npt.NDArray[Any],
    database_features: npt.NDArray[Any],
    query_codes: PackedCodes,
    database_codes: PackedCodes,
    query_labels: npt.NDArray[Any],
    database_labels: npt.NDArray[Any],
    n_bits: int,
    *,
    code_map: float | None = None,
) -> dict[str, Any]:
    """Rank by exact cosine and compare.

    Args:
        query_features: (Q, d) finite numbers.
        database_features: (M, d).
        query_codes, database_codes: packed codes of the same items.
        query_labels, database_labels: class numbers or multi-hot.
        n_bits: D.
        code_map: the MAP of the codes, to stand beside that of the features.

    Returns:
        As :func:`compression_of_model`, with the rows ``float`` and ``codes`` and their ``map`` (MAP@ALL of the cosine
        ranking, stable order). O(Q M (d + log M)) time, 64 MiB beside the arrays.

    Raises:
        DataError: row counts or widths do not fit, or a feature is not finite.
    """
    _check("query features", query_features, "query codes", query_codes)
    _check("database features", database_features, "database codes", database_codes)
    if query_features.shape[1] != database_features.shape[1]:
        raise DataError(
            f"query and database features must be equally wide, got {query_features.shape} and"
            f" {database_features.shape}"
        )
    neighbors = cosine_neighbors(query_features, database_features, TOP)
    kept = [neighbors_kept(neighbors, query_codes, database_codes, n_bits, n) for n in (TOP, WITHIN)]
    feature_map = _cosine_map(query_features, database_features, query_labels, database_labels)
    size = int(database_features.shape[1] * database_features.dtype.itemsize)
    rows = [
        {"name": "float", "bytes": size, **_figures([(1.0, 1.0)], code_map=feature_map)},
        {
            "name": "codes",
            "bytes": n_bytes(n_bits),
            **_figures([[mean_over_queries(shares) for shares in kept]], code_map=code_map),
        },
    ]
    counts = {"queries": len(query_features), "items": len(database_features)}
    return {"neighbors": "of the features given", **counts, "pair_items": None, "fitted": None, "rows": rows}


def compression_of_model(model: HashModel, dataset: ItemDataset, *, seed: int = 0) -> dict[str, Any]:
    """Measure what the codes of a model keep of its features, beside what other codes of equal length keep.

    Where views share a space (:func:`~ucch.baselines.share_space`, judged by training pairs), the neighbours of a query
    are the items of another view nearest by cosine, each view centred by its training mean; else, and of one view, they
    are the nearest of its own view, since cosines across mean nothing. All directions are averaged. Queries of the
    query split search the database; pairs are looked for among the queries, of one view none.

    Large sets are sampled: at most 1,000 query images and 20,000 database images, and 4,000 training pairs to fit the
    others on, drawn by ``seed``, so that nothing takes longer than some seconds.

    Args:
        model: what encodes.
        dataset: features and splits; labels are not read.
        seed: of the samples and of the rotations.

    Returns:
        Plain values. ``neighbors``: ``across the modalities``, ``within each modality`` or ``within the view``
        of one; ``queries`` and ``items`` measured, ``pair_items`` searched for pairs, ``fitted`` training pairs,
        ``rows``. A row has ``name``, ``bytes`` of an item, ``recall_at_10`` (share of the ten nearest by the features
        found in the first ten), ``within_200`` (in the first 200), ``pair_at_1`` and ``pair_at_10``
        (:func:`~ucch.metrics.hit_rate_at`; None for features of two spaces and for one view) and ``map`` (None). Rows:
        ``float``, the features themselves; ``codes``; ``codes, real query``, whose queries are not rounded; ``itq``, as
        of faiss over the stacked rows of one view or of a shared space, else :class:`~ucch.baselines.Itq`;
        ``centred itq`` (:class:`~ucch.baselines.StackedItq`) or ``cca-itq``, the closed form that training starts from.
        The last two are left out where features are wider than 2,048, since their eigenvectors would take minutes, or
        do not vary, or three views or more share no space.
    """
    rng = np.random.default_rng(seed)
    train = _sample(dataset.train.complete(), FITTED, rng)
    kept = Keeping(train, _sample(dataset.query, QUERIES, rng), _sample(dataset.database.complete(), ITEMS, rng))
    sides = list(train.views.values())
    unfit = any(rows.shape[1] > WIDEST or not np.asarray(rows).std(axis=0).any() for rows in sides)
    stacked = kept.across or len(sides) == 1
    others = {} if unfit or not (stacked or len(sides) == 2) else _others(stacked, model.n_bits, seed)
    size = n_bytes(model.n_bits)
    codes, real = kept.by_codes(model), kept.by_real_queries(model)
    rows = [
        {"name": "float", "bytes": max(rows.shape[1] * rows.dtype.itemsize for rows in sides), **kept.by_features()},
        {"name": "codes", "bytes": size, **codes},
        {"name": "codes, real query", "bytes": size, **real},
    ]
    for name, other in others.items():
        rows.append({"name": name, "bytes": size, **kept.by_codes(other.fit_items(train).model)})
    within = "within the view" if len(sides) == 1 else "within each modality"
    return {
        "neighbors": "across the modalities" if kept.across else within,
        "queries": len(kept.query),
        "items": len(kept.items),
        "pair_items": len(kept.query) if len(sides) > 1 else None,
        "fitted": len(train) if others else None,
        "rows": rows,
    }


def _others(stacked: bool, n_bits: int, seed: int) -> dict[str, baselines.Baseline]:
    if stacked:
        pooled = baselines.StackedItq(n_bits, own_means=False, image_scaling="none", text_scaling="none", seed=seed)
        return {"itq": pooled, "centred itq": baselines.StackedItq(n_bits, seed=seed)}
    return {"itq": baselines.Itq(n_bits, seed=seed), "cca-itq": baselines.CcaItq(n_bits, seed=seed)}


class Keeping:
    """Queries, items and the neighbours that their features say they have, to hold any ranking against.

    Args:
        train: training items, which say whether a space is shared and by what means features are centred.
        query: items that ask; partners are looked for among them.
        items: items that answer.

    Attributes:
        across: whether neighbours are items of another view.
        features: by side (``query``, ``items``) and view, centred float32 rows.
        neighbors: by direction, the ten nearest.
    """

    def __init__(self, train: Items, query: Items, items: Items) -> None:
        self.query, self.items = query, items
        self.across = len(train.names) > 1 and baselines.share_space(*_paired_rows(train))
        self._ways = list(permutations(train.names, 2))
        means = {kind: np.asarray(rows, dtype=np.float64).mean(axis=0) for kind, rows in train.views.items()}
        self.features: dict[str, dict[str, npt.NDArray[np.float32]]] = {
            side: {kind: (pairs.views[kind] - means[kind]).astype(np.float32) for kind in means}
            for side, pairs in (("query", query), ("items", items))
        }
        self.neighbors = {
            (asks, answers): cosine_neighbors(self.features["query"][asks], self.features["items"][answers], TOP)
            for asks, answers in (self._ways if self.across else [(name, name) for name in train.names])
        }
        self._owners = {name: query.item_of(name) for name in query.names}

    def by_features(self) -> dict[str, Any]:
        """What the features keep of themselves: all neighbours, and partners where a space is shared."""
        unit = {kind: _unit(rows) for kind, rows in self.features["query"].items()}
        scores = self._pair_hits(lambda way: lambda rows: unit[way[0]][rows] @ unit[way[1]].T) if self.across else None
        return _figures([(1.0, 1.0)], scores)

    def by_codes(self, model: HashModel) -> dict[str, Any]:
        """What the Hamming distances of a model's codes keep."""
        query, items = _codes(model, self.query), _codes(model, self.items)
        kept = [
            [neighbors_kept(near, query[asks], items[answers], model.n_bits, n) for n in (TOP, WITHIN)]
            for (asks, answers), near in self.neighbors.items()
        ]
        pairs = []
        for asks, answers in self._ways:
            codes, owners = (query[asks], query[answers]), (self._owners[asks], self._owners[answers])
            found = distance_histograms(*codes, *owners, model.n_bits)
            pairs.append([mean_over_queries(hit_rate_at(found, n)) for n in PAIRS_AT])
        return _figures([[mean_over_queries(shares) for shares in way] for way in kept], pairs)

    def by_real_queries(self, model: HashModel) -> dict[str, Any]:
        """What a model's unrounded queries keep, against its codes."""
        real = {name: model.real_query(name, rows) for name, rows in self.query.views.items()}

        def scores(pairs: Items) -> Callable[[Direction], Scores]:
            signs = {
                kind: unpack(codes, model.n_bits).astype(np.float32) for kind, codes in _codes(model, pairs).items()
            }
            return lambda way: lambda rows: real[way[0]][rows] @ signs[way[1]].T

        return self.by_scores(scores(self.items), scores(self.query))

    def by_scores(
        self, scores: Callable[[Direction], Scores], pair_scores: Callable[[Direction], Scores] | None
    ) -> dict[str, Any]:
        """What any scores keep, larger being nearer.

        Args:
            scores: for a direction, what gives the scores of a slice of queries against all items.
            pair_scores: the same against the queries; None where they say nothing about partners.
        """
        kept = [
            [mean_over_queries(neighbors_kept_by(near, scores(way), n)) for n in (TOP, WITHIN)]
            for way, near in self.neighbors.items()
        ]
        return _figures(kept, None if pair_scores is None else self._pair_hits(pair_scores))

    def _pair_hits(self, scores: Callable[[Direction], Scores]) -> list[list[float]]:
        """Share of queries whose own item is among the first n by real scores, both ways."""
        found = []
        for asks, answers in self._ways:
            counts = _first_own(self._owners[asks], self._owners[answers], scores((asks, answers)))
            found.append([mean_over_queries(hit_rate_at(counts, n)) for n in PAIRS_AT])
        return found


def _codes(model: HashModel, items: Items) -> dict[str, PackedCodes]:
    return {name: model.encode(name, rows) for name, rows in items.views.items()}


def _figures(kept: Any, pairs: list[list[float]] | None = None, code_map: float | None = None) -> dict[str, Any]:
    """Average figures over directions."""
    recall, within = (number(value) for value in np.mean(kept, axis=0))
    found = (None, None) if not pairs else [number(value) for value in np.mean(pairs, axis=0)]
    figures = {"recall_at_10": recall, "within_200": within, "pair_at_1": found[0], "pair_at_10": found[1]}
    return {**figures, "map": code_map}


def _first_own(query_items: npt.NDArray[Any], database_items: npt.NDArray[Any], scores: Scores) -> DistanceHistograms:
    """Count the items nearer than the first own one, those tied with it, and the rest, as three distances."""
    counts = np.zeros((2, len(query_items), 3), np.int64)
    step = max(1, _CELLS // len(database_items))
    for start in range(0, len(query_items), step):
        rows = slice(start, min(start + step, len(query_items)))
        table, own = scores(rows), query_items[rows, None] == database_items
        best = np.where(own, table, -np.inf).max(axis=1, keepdims=True)
        for column, place in enumerate((table > best, table == best, table < best)):
            counts[0, rows, column], counts[1, rows, column] = place.sum(axis=1), (place & own).sum(axis=1)
    return DistanceHistograms(counts[0], counts[1])


def _sample(pairs: Items, most: int, rng: np.random.Generator) -> Items:
    if len(pairs) <= most:
        return pairs
    return pairs.take(np.sort(rng.choice(len(pairs), most, replace=False)))


def _paired_rows(items: Items) -> list[npt.NDArray[Any]]:
    """Rows of each view, of several texts the first."""
    return [np.asarray(rows)[items.first_of(name)] for name, rows in items.views.items()]


def _unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    unit: npt.NDArray[np.float32] = normalize(torch.from_numpy(rows), dim=1).numpy()
    return unit


def _cosine_map(
    query_features: npt.NDArray[Any],
    database_features: npt.NDArray[Any],
    query_labels: npt.NDArray[Any],
    database_labels: npt.NDArray[Any],
) -> float | None:
    """MAP@ALL of the cosine ranking, queries without a relevant item skipped."""
    database = _unit(np.array(database_features, dtype=np.float32))
    step = max(1, _CELLS // len(database))
    precision = []
    for start in range(0, len(query_features), step):
        rows = slice(start, start + step)
        cosine = torch.from_numpy(_unit(np.array(query_features[rows], dtype=np.float32)) @ database.T)
        order = torch.argsort(cosine, dim=1, descending=True, stable=True).numpy()
        relevant = _relevant(query_labels[rows], database_labels)
        precision.append(_average_precision(np.take_along_axis(relevant, order, axis=1)))
    values = np.concatenate(precision)
    return None if np.isnan(values).all() else float(values[~np.isnan(values)].mean())


def _check(name: str, features: npt.NDArray[Any], codes_name: str, codes: PackedCodes) -> None:
    if features.ndim != 2 or len(features) != len(codes):
        raise DataError(f"{name} must have one row per row of {codes_name}, got {features.shape} and {codes.shape}")
    bad = ~np.isfinite(np.asarray(features, dtype=np.float64)).all(axis=1)
    if bad.any():
        raise DataError(f"{name} must be finite, but row {int(bad.argmax())} is not")


def _relevant(query_labels: npt.NDArray[Any], database_labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if query_labels.ndim == 1:
        return np.asarray(query_labels[:, None] == database_labels[None, :])
    return np.asarray(query_labels.astype(np.float32) @ database_labels.T.astype(np.float32) > 0)


def _average_precision(ranked: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    hits = ranked.cumsum(axis=1)
    precision = (hits / np.arange(1, ranked.shape[1] + 1) * ranked).sum(axis=1)
    return np.where(hits[:, -1] > 0, precision / np.maximum(hits[:, -1], 1), np.nan)
