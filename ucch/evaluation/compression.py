"""What compression cost: codes beside the exact cosine ranking of the features they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import normalize

from ..baselines import Baseline, CcaItq, Itq, StackedItq, share_space
from ..codes import PackedCodes, n_bytes, unpack
from ..data import PairedDataset, Pairs
from ..errors import DataError
from ..metrics import (
    DistanceHistograms,
    Neighbors,
    cosine_neighbors,
    distance_histograms,
    hit_rate_at,
    mean_over_queries,
    neighbors_kept,
    neighbors_kept_by,
)
from ..models import HashModel
from .ranking import number

__all__ = ["compression_cost", "compression_of_model"]

TOP, WITHIN, PAIRS_AT = 10, 200, (1, 10)
_CELLS = 1 << 24  # similarities held at a time: 64 MiB
QUERIES, ITEMS, FITTED, WIDEST = 1000, 20_000, 4000, 2048

Scores = Callable[[slice], npt.NDArray[np.float32]]
Direction = tuple[str, str]
_ACROSS: tuple[Direction, ...] = (("image", "text"), ("text", "image"))
_WITHIN: tuple[Direction, ...] = (("image", "image"), ("text", "text"))


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
        _row("float", size, [(1.0, 1.0)], map=feature_map),
        _row("codes", n_bytes(n_bits), [tuple(mean_over_queries(shares) for shares in kept)], map=code_map),
    ]
    counts = {"queries": len(query_features), "items": len(database_features)}
    return {"neighbors": "of the features given", **counts, "pair_items": None, "fitted": None, "rows": rows}


def compression_of_model(model: HashModel, dataset: PairedDataset, *, seed: int = 0) -> dict[str, Any]:
    """Measure what the codes of a model keep of its features, beside what other codes of equal length keep.

    Where the modalities share a space (:func:`~ucch.baselines.share_space`, judged by training pairs), the neighbours
    of a query are the items of the other modality nearest by cosine, each modality centred by its training mean; else
    cosines across mean nothing, and they are the nearest of its own modality. Both directions are averaged. Queries of
    the query split search the database; pairs are looked for among the queries.

    Large sets are sampled: at most 1,000 query images and 20,000 database images, and 4,000 training pairs to fit the
    others on, drawn by ``seed``, so that nothing takes longer than some seconds.

    Args:
        model: what encodes.
        dataset: features and splits; labels are not read.
        seed: of the samples and of the rotations.

    Returns:
        Plain values. ``neighbors``: ``across the modalities`` or ``within each modality``; ``queries`` and ``items``
        measured, ``pair_items`` searched for pairs, ``fitted`` training pairs, ``rows``. A row has ``name``, ``bytes``
        of an item, ``recall_at_10`` (share of the ten nearest by the features found in the first ten), ``within_200``
        (in the first 200), ``pair_at_1`` and ``pair_at_10`` (:func:`~ucch.metrics.hit_rate_at`; None for features of
        two spaces) and ``map`` (None). Rows: ``float``, the features themselves; ``codes``; ``codes, real query``,
        whose queries are not rounded; ``itq``, as of faiss over the stacked rows where a space is shared,
        else :class:`~ucch.baselines.Itq`; ``centred itq`` (:class:`~ucch.baselines.StackedItq`) or ``cca-itq``, the
        closed form that training starts from. The last two are left out where features are wider than 2,048, since
        their eigenvectors would take minutes, or do not vary.
    """
    rng = np.random.default_rng(seed)
    train = _sample(dataset.train, FITTED, rng)
    across = share_space(*_paired_rows(train))
    query, items = _sample(dataset.query, QUERIES, rng), _sample(dataset.database, ITEMS, rng)
    means = {kind: np.asarray(getattr(train, kind), dtype=np.float64).mean(axis=0) for kind in ("image", "text")}
    features = {
        side: {kind: (getattr(pairs, kind) - means[kind]).astype(np.float32) for kind in means}
        for side, pairs in (("query", query), ("items", items))
    }
    ways = _ACROSS if across else _WITHIN
    neighbors = {way: cosine_neighbors(features["query"][way[0]], features["items"][way[1]], TOP) for way in ways}
    owners = {"image": np.arange(len(query)), "text": query.item_of_text}
    sides = [getattr(train, kind) for kind in means]
    unfit = any(rows.shape[1] > WIDEST or not np.asarray(rows).std(axis=0).any() for rows in sides)
    others = {} if unfit else _others(across, model.n_bits, seed)
    float_bytes = max(rows.shape[1] * rows.dtype.itemsize for rows in sides)
    unit = {kind: _unit(features["query"][kind]) for kind in means} if across else None
    pairs = None if unit is None else _pair_hits(owners, lambda way: lambda rows: unit[way[0]][rows] @ unit[way[1]].T)
    rows = [_row("float", float_bytes, [(1.0, 1.0)], pairs)]
    coded = _Coded.of(model, query, items)
    rows += [coded.row("codes", neighbors, owners), coded.real_row("codes, real query", neighbors, owners)]
    for name, other in others.items():
        fitted = other.fit_pairs(train).model
        rows.append(_Coded.of(fitted, query, items).row(name, neighbors, owners))
    return {
        "neighbors": "across the modalities" if across else "within each modality",
        "queries": len(query),
        "items": len(items),
        "pair_items": len(query),
        "fitted": None if unfit else len(train),
        "rows": rows,
    }


def _others(across: bool, n_bits: int, seed: int) -> dict[str, Baseline]:
    if across:
        pooled = StackedItq(n_bits, own_means=False, image_scaling="none", text_scaling="none", seed=seed)
        return {"itq": pooled, "centred itq": StackedItq(n_bits, seed=seed)}
    return {"itq": Itq(n_bits, seed=seed), "cca-itq": CcaItq(n_bits, seed=seed)}


class _Coded(NamedTuple):
    """Codes of queries and items by modality, and the real outputs of the queries."""

    n_bits: int
    query: dict[str, PackedCodes]
    items: dict[str, PackedCodes]
    real: dict[str, npt.NDArray[np.float32]]

    @classmethod
    def of(cls, model: HashModel, query: Pairs, items: Pairs) -> _Coded:
        encode = {"image": model.encode_image, "text": model.encode_text}
        real = {"image": model.real_image(query.image), "text": model.real_text(query.text)}
        codes = [{kind: encode[kind](getattr(side, kind)) for kind in encode} for side in (query, items)]
        return cls(model.n_bits, codes[0], codes[1], real)

    def row(self, name: str, neighbors: dict[Direction, Neighbors], owners: dict[str, npt.NDArray[Any]]) -> Any:
        kept = []
        for (asks, answers), near in neighbors.items():
            codes = self.query[asks], self.items[answers]
            kept.append([mean_over_queries(neighbors_kept(near, *codes, self.n_bits, n)) for n in (TOP, WITHIN)])
        pairs = []
        for asks, answers in _ACROSS:
            codes, numbers = (self.query[asks], self.query[answers]), (owners[asks], owners[answers])
            found = distance_histograms(*codes, *numbers, self.n_bits)
            pairs.append([mean_over_queries(hit_rate_at(found, n)) for n in PAIRS_AT])
        return _row(name, n_bytes(self.n_bits), kept, pairs)

    def real_row(self, name: str, neighbors: dict[Direction, Neighbors], owners: dict[str, npt.NDArray[Any]]) -> Any:
        def scores(way: Direction, items: dict[str, PackedCodes]) -> Scores:
            signs = unpack(items[way[1]], self.n_bits).astype(np.float32)
            return lambda rows: self.real[way[0]][rows] @ signs.T

        kept = []
        for way, near in neighbors.items():
            by = scores(way, self.items)
            kept.append([mean_over_queries(neighbors_kept_by(near, by, n)) for n in (TOP, WITHIN)])
        return _row(name, n_bytes(self.n_bits), kept, _pair_hits(owners, lambda way: scores(way, self.query)))


def _row(
    name: str, size: int, kept: Any, pairs: list[list[float]] | None = None, **more: float | None
) -> dict[str, Any]:
    """Average figures over directions."""
    recall, within = (number(value) for value in np.mean(kept, axis=0))
    found = (None, None) if pairs is None else [number(value) for value in np.mean(pairs, axis=0)]
    figures = {"recall_at_10": recall, "within_200": within, "pair_at_1": found[0], "pair_at_10": found[1]}
    return {"name": name, "bytes": size, **figures, "map": None, **more}


def _pair_hits(owners: dict[str, npt.NDArray[Any]], scores: Callable[[Direction], Scores]) -> list[list[float]]:
    """Share of queries whose own item is among the first n by real scores, both ways."""
    found = []
    for way in _ACROSS:
        counts = _first_own(owners[way[0]], owners[way[1]], scores(way))
        found.append([mean_over_queries(hit_rate_at(counts, n)) for n in PAIRS_AT])
    return found


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


def _sample(pairs: Pairs, most: int, rng: np.random.Generator) -> Pairs:
    if len(pairs) <= most:
        return pairs
    return pairs.take(np.sort(rng.choice(len(pairs), most, replace=False)))


def _paired_rows(pairs: Pairs) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Image rows and the first text of each."""
    first = np.unique(pairs.item_of_text, return_index=True)[1]
    return np.asarray(pairs.image), np.asarray(pairs.text)[first]


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
