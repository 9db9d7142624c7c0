"""From the codes of a data set to its report: MAP every way beside chance, and what else the codes say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations, permutations
from typing import Any

import numpy as np

from ..collectives import World
from ..data import ItemDataset, PairedDataset
from ..data.sides import alone_in
from ..metrics import PROTOCOLS, CodeHealth, Protocol, bit_agreement, code_health, split_digest
from .encoded_dataset import EncodedDataset
from .ranking import RankingResult, measure_pairs, measure_ranking, number

__all__ = ["directions_of", "evaluate", "health_figures", "measure"]

NOT_MEASURED = {"map": None, "map_interval": None, "map_chance": None, "precision_at": None, "by_radius": None}


def directions_of(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Who asks and who answers, by the name of each direction: every ordered two of several views, or one by itself.

    Example:
        >>> directions_of(["image", "text"])
        {'image_to_text': ('image', 'text'), 'text_to_image': ('text', 'image')}
        >>> list(directions_of(["text"]))
        ['text_to_text']
    """
    ways = list(permutations(names, 2)) or [(names[0], names[0])]
    return {f"{asks}_to_{answers}": (asks, answers) for asks, answers in ways}


def measure(
    encoded: EncodedDataset,
    *,
    protocol: Protocol = PROTOCOLS["ucch"],
    seed: int = 0,
    world: World | None = None,
) -> dict[str, RankingResult]:
    """Rank the database every way; empty where the data set has no labels. Several processes share the work."""
    label = {side: _labels(encoded, side) for side in ("query", "database")}
    if encoded.dataset.n_classes == 0:
        return {}
    return {
        direction: measure_ranking(
            encoded.query[asks],
            label["query"][asks],
            (encoded.database[answers], label["database"][answers]),
            encoded.n_bits,
            protocol=protocol,
            seed=seed,
            world=world,
        )
        for direction, (asks, answers) in directions_of(encoded.dataset.names).items()
    }


def evaluate(
    encoded: EncodedDataset,
    *,
    protocol: Protocol = PROTOCOLS["ucch"],
    seed: int = 0,
    rankings: dict[str, RankingResult] | None = None,
) -> dict[str, Any]:
    """Compute the report of encoded queries and database.

    An item is relevant where it shares a label. By default MAP is MAP@ALL in expectation over the orders of tied
    items, skipping queries without a relevant item. ``recall_at`` looks for the paired item with the query set itself
    as database, so it needs no labels; where images have several captions, an image has found its text when any of
    its captions is among the first n, and each caption looks for its image. Without labels (``classes`` is 0) the
    MAPs, precisions and curves are None. ``split_digest`` is :func:`~ucch.metrics.split_digest` of the labels, or
    without labels a digest of both sides' features, which costs one pass over them. ``queries`` and ``database`` count
    items, ``query_texts`` and ``database_texts`` texts.

    An item of the database that lacks a side competes by the one it has and is left out of the direction that searches
    the other; ``one_sided`` says how many do, where there are any. Queries have both sides.

    Of other views than image and text the report has every direction that :func:`directions_of` names, listed under
    ``directions``, and no counts of texts; ``bit_agreement`` is by two views. One view asks itself: there is no paired
    item to look for, so that ``recall_at`` and what goes with it are missing.

    Args:
        encoded: codes of a data set.
        protocol: how MAP is computed; its words stand in the report.
        seed: of the bootstrap intervals (95 %, over queries).
        rankings: of :func:`measure`, where they are known already.

    Returns:
        Plain numbers by name, as ``ucch eval --json`` prints them; NaN never occurs.
    """
    dataset, n_bits = encoded.dataset, encoded.n_bits
    directions = directions_of(dataset.names)
    if rankings is None:
        rankings = measure(encoded, protocol=protocol, seed=seed)
    usual = isinstance(dataset, PairedDataset)
    report: dict[str, Any] = {
        "data": dataset.name,
        "bits": n_bits,
        "bytes_per_item": -(-n_bits // 8),
        "classes": dataset.n_classes,
        **({} if usual else {"directions": list(directions)}),
        "queries": len(dataset.query),
        **({"query_texts": len(dataset.query.views["text"])} if usual else {}),
        "database": len(dataset.database),
        **({"database_texts": len(encoded.database["text"])} if usual else {}),
        **alone_in(dataset.database),
        "protocol": {**asdict(protocol), "text": str(protocol)},
        "split_digest": _digest(dataset),
    }
    item = {name: dataset.query.item_of(name) for name in dataset.names}
    for direction, (asks, answers) in directions.items():
        report[direction] = dict(rankings[direction].figures if direction in rankings else NOT_MEASURED)
        if asks != answers:
            query = encoded.query
            report[direction] |= measure_pairs(query[asks], item[asks], query[answers], item[answers], n_bits)
    both = [report[direction] for direction in directions]
    for key, name in (("map", "map_mean"), ("map_chance", "map_chance")):
        values = [figures[key] for figures in both if figures[key] is not None]
        report[name] = float(np.mean(values)) if len(values) == len(both) else None
    report["health"] = {side: health_figures(code_health(encoded.database[side], n_bits)) for side in dataset.names}
    report["bit_imbalance"] = {side: health["bit_imbalance"] for side, health in report["health"].items()}
    agreements = {
        f"{one}_{other}": bit_agreement(encoded.query[one][item[other]], encoded.query[other], n_bits).tolist()
        for one, other in combinations(dataset.names, 2)
    }
    report["bit_agreement"] = agreements["image_text"] if usual else agreements
    report["quantization_gap"] = encoded.gap
    return report


def health_figures(health: CodeHealth) -> dict[str, Any]:
    """Plain numbers of a :class:`~ucch.metrics.CodeHealth`; imbalance is the mean of |share of +1 - share of -1|."""
    return {
        "balance": health.balance.tolist(),
        "bit_imbalance": float(np.abs(2 * health.balance - 1).mean()),
        "dead_bits": list(health.dead_bits),
        "bit_entropy": health.bit_entropy,
        "mean_correlation": number(health.mean_correlation),
        "correlation_norm": health.correlation_norm,
        "effective_dimension": number(health.effective_dimension),
        "codes": health.n_codes,
        "distinct_codes": health.n_distinct,
        "code_entropy": health.code_entropy,
    }


def _labels(encoded: EncodedDataset, side: str) -> dict[str, Any]:
    items = getattr(encoded.dataset, side)
    labels = {name: (items.label_of(name), items.side_mask(name)) for name in items.names}
    return {name: rows if rows is None or mask is None else rows[mask] for name, (rows, mask) in labels.items()}


def _digest(dataset: ItemDataset) -> str:
    """Name the split by its labels, or without labels by its features, read once."""
    if dataset.query.label is not None and dataset.database.label is not None:
        return split_digest(dataset.query.label, dataset.database.label)
    sides = f"query {dataset.query.digest()}\ndatabase {dataset.database.digest()}\n"
    return hashlib.sha256(f"ucch split 1 of features\n{sides}".encode()).hexdigest()
