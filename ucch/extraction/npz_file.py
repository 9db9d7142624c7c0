"""Extractions as ``.npz``: the arrays that ``ucch train --data`` reads, with ids and encoders beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..data import load_npz, save_npz
from ..data.arrays import FeatureArray
from ..data.npz_archive import NpzArchive
from ..encoders import EncoderCard
from ..errors import DataError, EncoderError
from ..plain_json import parse_json
from .extract import Extraction

__all__ = ["load_extraction_npz", "read_npz_encoders", "save_extraction_npz"]


def save_extraction_npz(path: str | Path, extraction: Extraction, *, overwrite: bool = False) -> Path:
    """Write features with ``image_id_*`` and ``text_id_*`` (one string per row) and ``encoders`` (JSON).

    :func:`ucch.data.load_npz` reads the features; equal extractions give equal files, byte for byte.

    Raises:
        DataError: the ending is not ``.npz``, or the file exists and may not be replaced.
    """
    extra: dict[str, FeatureArray] = {}
    for split in ("train", "query"):
        extra[f"image_id_{split}"] = np.array(extraction.image_ids[split])
        extra[f"text_id_{split}"] = np.array(extraction.text_ids[split])
    cards = {modality: card.to_dict() for modality, card in extraction.encoders.items()}
    extra["encoders"] = np.array(json.dumps(cards))
    return save_npz(path, extraction.dataset, extra=extra, overwrite=overwrite)


def load_extraction_npz(path: str | Path) -> Extraction:
    """Read what :func:`save_extraction_npz` wrote: split, ids and encoders as they were; counts are 0.

    Raises:
        DataError: the file is damaged, or no extraction.
    """
    path = Path(path)
    dataset, cards = load_npz(path), read_npz_encoders(path)
    with NpzArchive(path) as archive:
        names = [f"{kind}_id_{split}" for kind in ("image", "text") for split in ("train", "query")]
        missing = [name for name in names if name not in archive.names]
        if missing:
            raise DataError(f"{path} does not hold {', '.join(missing)}; it was not written by ucch extract")
        ids = {
            kind: {split: archive.read(f"{kind}_id_{split}").tolist() for split in ("train", "query")}
            for kind in ("image", "text")
        }
    return Extraction(dataset, ids["image"], ids["text"], cards, [], 0, 0)


def read_npz_encoders(path: str | Path) -> dict[str, EncoderCard]:
    """Read the cards of the encoders that a feature file was made by; empty where it does not say.

    Raises:
        DataError: the file is damaged, or its cards are.
    """
    path = Path(path)
    try:
        with NpzArchive(path) as archive:
            if "encoders" not in archive.names:
                return {}
            cards = parse_json(str(archive.read("encoders")))
        return {modality: EncoderCard.from_dict(card) for modality, card in cards.items()}
    except (DataError, ValueError, AttributeError, EncoderError) as error:
        raise DataError(f"{path}: the description of the encoders is damaged: {error}") from error
