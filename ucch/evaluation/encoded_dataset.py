"""The codes of a data set's queries and database, by view: what a report is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..codes import PackedCodes, n_bytes
from ..collectives import World
from ..data import ItemDataset, Items, PairedDataset, as_pairs
from ..data.arrays import FeatureArray
from ..data.sides import Mask
from ..metrics import quantization_gap
from ..models import ENCODING_BATCH, HashModel

__all__ = ["EncodedDataset", "encode_dataset", "modality_codes", "side_codes"]

GAP_ROWS = 2000


@dataclass(frozen=True)
class EncodedDataset:
    """Codes of the queries and of the database, by view, with the data set they come from.

    An item that lacks a side has no code of it.
    """

    dataset: ItemDataset
    n_bits: int
    query: dict[str, PackedCodes]
    database: dict[str, PackedCodes]
    gap: dict[str, float] | None = None


def encode_dataset(
    model: HashModel,
    dataset: ItemDataset,
    world: World | None = None,
    *,
    kept: Mapping[str, PackedCodes] | None = None,
) -> EncodedDataset:
    """Encode queries and database, each view by itself; the quantisation gap is that of up to 2,000 query pairs.

    Of other views than image and text the gap is not measured.

    Several processes, all of which call, share the rows, and each gets all codes. With ``kept``, packed codes by side,
    the first items of the database answer by those.
    """
    world = world or World()
    query, database = (side_codes(model, pairs, world) for pairs in (dataset.query, dataset.database))
    for kind, rows in (kept or {}).items():
        database[kind][: len(rows)] = rows
    return EncodedDataset(dataset, model.n_bits, query, database, _gap(model, dataset))


def side_codes(model: HashModel, items: Items, world: World | None = None) -> dict[str, PackedCodes]:
    """Codes of every view, each by itself, of the items that have it.

    Raises:
        DataError: the model has other views.
    """
    world = world or World()
    return {name: _encode(model, name, items.side(name), world) for name in items.names}


def modality_codes(model: HashModel, items: Items, modality: str) -> tuple[PackedCodes, Mask | None]:
    """Codes of one view of the items, or of image and text together, ``item``, and which rows they are of.

    Returns:
        Codes of the rows that have the view, and the mask of these, None for all. Every pair has a code of both.

    Raises:
        DataError: there is no such view; ``item`` of other views than image and text.
    """
    if modality != "item":
        model.tower(modality)
        return side_codes(model, items)[modality], items.side_mask(modality)
    pairs = as_pairs(items, "one code of image and text")
    masks: dict[str, Any] = {"image_seen": pairs.image_seen, "text_seen": pairs.text_seen}
    return model.encode_item(pairs.image, pairs.text, image_of_text=pairs.image_of_text, **masks), None


def _encode(model: HashModel, modality: str, features: FeatureArray, world: World) -> PackedCodes:
    if world.size == 1:
        return model.encode(modality, features)
    batches = world.share(-(-len(features) // ENCODING_BATCH))  # whole ones: a product's last bits depend on its size
    own = features[batches.start * ENCODING_BATCH : batches.stop * ENCODING_BATCH]
    codes = model.encode(modality, own) if len(own) else np.empty((0, n_bytes(model.n_bits)), np.uint8)
    gathered: PackedCodes = world.gather(torch.from_numpy(codes)).numpy()
    return gathered


def _gap(model: HashModel, dataset: ItemDataset) -> dict[str, float] | None:
    if not isinstance(dataset, PairedDataset):
        return None
    n_rows = min(GAP_ROWS, len(dataset.query))
    texts = dataset.query.first_text[:n_rows]
    with torch.no_grad():
        device = next(model.parameters()).device
        image = model.image_outputs(torch.from_numpy(np.array(dataset.query.image[:n_rows])).to(device))
        text = model.text_outputs(torch.from_numpy(np.array(dataset.query.text[texts])).to(device))
    gap = quantization_gap(torch.tanh(image), torch.tanh(text))
    return {"entry": gap.entry, "similarity": gap.similarity}
