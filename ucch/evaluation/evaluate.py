"""From a model and a data set to a report: MAP both ways beside chance, and what else the codes say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..codes import PackedCodes
from ..data import PairedDataset
from ..metrics import (
    DistanceHistograms,
    bit_balance,
    chance_map,
    distance_histograms,
    hit_rate_at,
    mean_average_precision,
    mean_over_queries,
    precision_at,
    radius_curve,
)
from ..models import HashModel

__all__ = ["DIRECTIONS", "EncodedDataset", "encode_dataset", "evaluate"]

DIRECTIONS = {"image_to_text": ("image", "text"), "text_to_image": ("text", "image")}
PRECISION_AT, RECALL_AT = (1, 10, 100), (1, 5, 10)


@dataclass(frozen=True)
class EncodedDataset:
    """Codes of the queries and of the database, by modality, with the data set they come from."""

    dataset: PairedDataset
    n_bits: int
    query: dict[str, PackedCodes]
    database: dict[str, PackedCodes]


def encode_dataset(model: HashModel, dataset: PairedDataset) -> EncodedDataset:
    """Encode queries and database, each modality by itself."""
    query, database = (
        {"image": model.encode_image(pairs.image), "text": model.encode_text(pairs.text)}
        for pairs in (dataset.query, dataset.database)
    )
    return EncodedDataset(dataset, model.n_bits, query, database)


def evaluate(encoded: EncodedDataset) -> dict[str, Any]:
    """Compute the report of encoded queries and database.

    MAP@ALL is the exact expectation over the orders of tied items, skipping queries without a relevant item, an item
    being relevant where it shares a label. ``recall_at`` looks for the paired item with the query set itself as
    database, so it needs no labels; where images have several captions, an image has found its text when any of its
    captions is among the first n, and each caption looks for its image. Without labels (``classes`` is 0) the MAPs,
    precisions and curves are None. ``queries`` and ``database`` count images, ``query_texts`` and ``database_texts``
    texts.

    Returns:
        Plain numbers by name, as ``ucch eval --json`` prints them; NaN never occurs.
    """
    dataset, n_bits = encoded.dataset, encoded.n_bits
    report: dict[str, Any] = {
        "data": dataset.name,
        "bits": n_bits,
        "classes": dataset.n_classes,
        "queries": len(dataset.query),
        "query_texts": len(dataset.query.text),
        "database": len(dataset.database),
        "database_texts": len(dataset.database.text),
    }
    item = {"image": np.arange(len(dataset.query)), "text": dataset.query.item_of_text}
    for direction, (asks, answers) in DIRECTIONS.items():
        pairs = distance_histograms(encoded.query[asks], encoded.query[answers], item[asks], item[answers], n_bits)
        found = {"recall_at": {str(n): float(hit_rate_at(pairs, n).mean()) for n in RECALL_AT}}
        report[direction] = {**_relevance(encoded, asks, answers), **found}
    maps = [report[direction]["map"] for direction in DIRECTIONS]
    report["map_mean"] = None if None in maps else float(np.mean(maps))
    report["map_chance"] = report["image_to_text"].pop("map_chance")
    report["text_to_image"].pop("map_chance")
    report["bit_imbalance"] = {
        modality: float(np.abs(2 * bit_balance(codes, n_bits) - 1).mean())
        for modality, codes in encoded.database.items()
    }
    return report


def _relevance(encoded: EncodedDataset, asks: str, answers: str) -> dict[str, Any]:
    query, database = encoded.dataset.query, encoded.dataset.database
    query_label = query.label if asks == "image" else query.text_label
    database_label = database.label if answers == "image" else database.text_label
    if query_label is None or database_label is None:
        return {"map": None, "map_chance": None, "precision_at": None, "by_radius": None}
    histograms = distance_histograms(
        encoded.query[asks], encoded.database[answers], query_label, database_label, encoded.n_bits
    )
    return {
        "map": _number(mean_average_precision(histograms)),
        "map_chance": _number(chance_map(histograms)),
        "precision_at": {str(n): mean_over_queries(precision_at(histograms, n)) for n in PRECISION_AT},
        "by_radius": _by_radius(histograms),
    }


def _by_radius(histograms: DistanceHistograms) -> dict[str, list[float | None]]:
    curve = radius_curve(histograms)
    figures = {"precision": curve.precision, "recall": curve.recall, "empty": curve.empty}
    return {name: [_number(value) for value in values] for name, values in figures.items()}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
