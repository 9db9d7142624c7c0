"""From a model and a data set to a report: MAP both ways beside chance, and what else the codes say."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from ..codes import PackedCodes, n_bytes
from ..collectives import World
from ..data import PairedDataset, Pairs
from ..data.arrays import FeatureArray
from ..data.sides import Mask, alone_in
from ..metrics import PROTOCOLS, CodeHealth, Protocol, bit_agreement, code_health, quantization_gap, split_digest
from ..models import ENCODING_BATCH, HashModel
from .ranking import RankingResult, measure_pairs, measure_ranking, number

__all__ = ["DIRECTIONS", "EncodedDataset", "encode_dataset", "evaluate", "measure", "modality_codes", "side_codes"]

DIRECTIONS = {"image_to_text": ("image", "text"), "text_to_image": ("text", "image")}
NOT_MEASURED = {"map": None, "map_interval": None, "map_chance": None, "precision_at": None, "by_radius": None}
GAP_ROWS = 2000
SIDES = ("image", "text")


@dataclass(frozen=True)
class EncodedDataset:
    """Codes of the queries and of the database, by modality, with the data set they come from.

    An item that lacks a side has no code of it.
    """

    dataset: PairedDataset
    n_bits: int
    query: dict[str, PackedCodes]
    database: dict[str, PackedCodes]
    gap: dict[str, float] | None = None


def encode_dataset(
    model: HashModel,
    dataset: PairedDataset,
    world: World | None = None,
    *,
    kept: Mapping[str, PackedCodes] | None = None,
) -> EncodedDataset:
    """Encode queries and database, each modality by itself; the quantisation gap is that of up to 2,000 query pairs.

    Several processes, all of which call, share the rows, and each gets all codes. With ``kept``, packed codes by side,
    the first items of the database answer by those.
    """
    world = world or World()
    query, database = (side_codes(model, pairs, world) for pairs in (dataset.query, dataset.database))
    for kind, rows in (kept or {}).items():
        database[kind][: len(rows)] = rows
    return EncodedDataset(dataset, model.n_bits, query, database, _gap(model, dataset))


def side_codes(model: HashModel, pairs: Pairs, world: World | None = None) -> dict[str, PackedCodes]:
    """Codes of images and of texts, each side by itself, of the items that have it."""
    world = world or World()
    return {kind: _encode(model, kind, pairs.side(kind), world) for kind in ("image", "text")}


def modality_codes(model: HashModel, pairs: Pairs, modality: str) -> tuple[PackedCodes, Mask | None]:
    """Codes of one side of the items, ``image`` or ``text``, or of both together, ``item``, and which rows they are of.

    Returns:
        Codes of the rows that have the side, and the mask of these, None for all. Every item has a code of both.
    """
    if modality != "item":
        return side_codes(model, pairs)[modality], pairs.side_mask(modality)
    masks: dict[str, Any] = {"image_seen": pairs.image_seen, "text_seen": pairs.text_seen}
    return model.encode_item(pairs.image, pairs.text, image_of_text=pairs.image_of_text, **masks), None


def _encode(model: HashModel, modality: str, features: FeatureArray, world: World) -> PackedCodes:
    encode = model.encode_image if modality == "image" else model.encode_text
    if world.size == 1:
        return encode(features)
    batches = world.share(-(-len(features) // ENCODING_BATCH))  # whole ones: a product's last bits depend on its size
    own = features[batches.start * ENCODING_BATCH : batches.stop * ENCODING_BATCH]
    codes = encode(own) if len(own) else np.empty((0, n_bytes(model.n_bits)), np.uint8)
    gathered: PackedCodes = world.gather(torch.from_numpy(codes)).numpy()
    return gathered


def measure(
    encoded: EncodedDataset,
    *,
    protocol: Protocol = PROTOCOLS["ucch"],
    seed: int = 0,
    world: World | None = None,
) -> dict[str, RankingResult]:
    """Rank the database both ways; empty where the data set has no labels. Several processes share the work."""
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
        for direction, (asks, answers) in DIRECTIONS.items()
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

    Args:
        encoded: codes of a data set.
        protocol: how MAP is computed; its words stand in the report.
        seed: of the bootstrap intervals (95 %, over queries).
        rankings: of :func:`measure`, where they are known already.

    Returns:
        Plain numbers by name, as ``ucch eval --json`` prints them; NaN never occurs.
    """
    dataset, n_bits = encoded.dataset, encoded.n_bits
    if rankings is None:
        rankings = measure(encoded, protocol=protocol, seed=seed)
    report: dict[str, Any] = {
        "data": dataset.name,
        "bits": n_bits,
        "bytes_per_item": -(-n_bits // 8),
        "classes": dataset.n_classes,
        "queries": len(dataset.query),
        "query_texts": len(dataset.query.text),
        "database": len(dataset.database),
        "database_texts": len(encoded.database["text"]),
        **alone_in(dataset.database),
        "protocol": {**asdict(protocol), "text": str(protocol)},
        "split_digest": _digest(dataset),
    }
    item = {"image": np.arange(len(dataset.query)), "text": dataset.query.item_of_text}
    for direction, (asks, answers) in DIRECTIONS.items():
        ranking = rankings[direction].figures if direction in rankings else NOT_MEASURED
        pairs = measure_pairs(encoded.query[asks], item[asks], encoded.query[answers], item[answers], n_bits)
        report[direction] = {**ranking, **pairs}
    both = [report[direction] for direction in DIRECTIONS]
    for key, name in (("map", "map_mean"), ("map_chance", "map_chance")):
        values = [figures[key] for figures in both if figures[key] is not None]
        report[name] = float(np.mean(values)) if len(values) == len(both) else None
    report["health"] = {side: health_figures(code_health(encoded.database[side], n_bits)) for side in ("image", "text")}
    report["bit_imbalance"] = {side: report["health"][side]["bit_imbalance"] for side in ("image", "text")}
    image_of_text = encoded.query["image"][item["text"]]
    report["bit_agreement"] = bit_agreement(image_of_text, encoded.query["text"], n_bits).tolist()
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
    pairs = getattr(encoded.dataset, side)
    labels, masks = {"image": pairs.label, "text": pairs.text_label}, {kind: pairs.side_mask(kind) for kind in SIDES}
    return {kind: rows if rows is None or masks[kind] is None else rows[masks[kind]] for kind, rows in labels.items()}


def _digest(dataset: PairedDataset) -> str:
    """Name the split by its labels, or without labels by its features, read once."""
    if dataset.query.label is not None and dataset.database.label is not None:
        return split_digest(dataset.query.label, dataset.database.label)
    sides = f"query {dataset.query.digest()}\ndatabase {dataset.database.digest()}\n"
    return hashlib.sha256(f"ucch split 1 of features\n{sides}".encode()).hexdigest()


def _gap(model: HashModel, dataset: PairedDataset) -> dict[str, float]:
    n_rows = min(GAP_ROWS, len(dataset.query))
    texts = dataset.query.first_text[:n_rows]
    with torch.no_grad():
        device = next(model.parameters()).device
        image = model.image_outputs(torch.from_numpy(np.array(dataset.query.image[:n_rows])).to(device))
        text = model.text_outputs(torch.from_numpy(np.array(dataset.query.text[texts])).to(device))
    gap = quantization_gap(torch.tanh(image), torch.tanh(text))
    return {"entry": gap.entry, "similarity": gap.similarity}
