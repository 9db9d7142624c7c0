"""What compression cost: codes beside the exact cosine ranking of the features they come from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import normalize

from ..codes import PackedCodes
from ..errors import DataError
from ..metrics import DistanceHistograms, distance_histograms
from .ranking import number

__all__ = ["compression_cost"]

TOP, WITHIN = 10, (10, 100)
_CELLS = 1 << 24  # similarities held at a time: 64 MiB


def compression_cost(
    query_features: npt.NDArray[Any],
    database_features: npt.NDArray[Any],
    query_codes: PackedCodes,
    database_codes: PackedCodes,
    query_labels: npt.NDArray[Any],
    database_labels: npt.NDArray[Any],
    n_bits: int,
) -> dict[str, Any]:
    """Rank by exact cosine and compare.

    Args:
        query_features: (Q, d) finite numbers.
        database_features: (M, d).
        query_codes, database_codes: packed codes of the same items.
        query_labels, database_labels: class numbers or multi-hot.
        n_bits: D.

    Returns:
        ``feature_map`` (MAP@ALL of the cosine ranking, stable order), ``bytes_per_item`` of features and codes, and
        ``top10_in``: the share of each query's ten nearest by cosine that stand in the Hamming top 10 and top 100,
        expected under ties. O(Q M (d + log M)) time, 64 MiB beside the arrays.

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
    histograms = distance_histograms(query_codes, database_codes, query_labels, database_labels, n_bits)
    database = normalize(torch.from_numpy(np.array(database_features, dtype=np.float32)), dim=1)
    step = max(1, _CELLS // len(database))
    precision, kept = [], []
    for start in range(0, len(query_features), step):
        rows = slice(start, start + step)
        query = normalize(torch.from_numpy(np.array(query_features[rows], dtype=np.float32)), dim=1)
        order = torch.argsort(query @ database.T, dim=1, descending=True, stable=True).numpy()
        relevant = _relevant(query_labels[rows], database_labels)
        precision.append(_average_precision(np.take_along_axis(relevant, order, axis=1)))
        kept.append(_kept(histograms, rows, query_codes[rows], database_codes, order[:, :TOP]))
    values = np.concatenate(precision)
    shares = np.concatenate(kept)
    return {
        "feature_map": number(float(values[~np.isnan(values)].mean())) if not np.isnan(values).all() else None,
        "feature_bytes_per_item": int(database_features.shape[1] * database_features.dtype.itemsize),
        "code_bytes_per_item": int(database_codes.shape[1]),
        "top10_in": {str(n): float(shares[:, column].mean()) for column, n in enumerate(WITHIN)},
    }


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


def _kept(
    histograms: DistanceHistograms,
    rows: slice,
    query_codes: PackedCodes,
    database_codes: PackedCodes,
    nearest: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Expected share of ``nearest`` (q, 10) within the Hamming top n, for each n of ``WITHIN``."""
    items = histograms.counts[rows]
    before = items.cumsum(axis=1) - items
    distance = np.bitwise_count(database_codes[nearest] ^ query_codes[:, None, :]).sum(axis=2, dtype=np.int64)
    at = np.take_along_axis(items, distance, axis=1)
    ahead = np.take_along_axis(before, distance, axis=1)
    return np.stack([(np.clip(n - ahead, 0, at) / at).mean(axis=1) for n in WITHIN], axis=1)
