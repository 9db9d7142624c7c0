"""Extractions as Parquet: a row per caption, with its image's features beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..data.sides import Mask
from ..encoders import EncoderCard, Features
from ..errors import DataError, EncoderError
from ..extras import require
from ..files import check_regular, replacing
from ..plain_json import parse_json
from .extract import Extraction

__all__ = ["read_parquet_encoders", "save_extraction_parquet"]

_ROWS = 4096  # captions per row group; an image's features are repeated beside each of its captions
_KEY = b"ucch.encoders"


def save_extraction_parquet(path: str | Path, extraction: Extraction, *, overwrite: bool = False) -> Path:
    """Write columns ``split``, ``image_id``, ``text_id`` and the float32 lists ``image`` and ``text``.

    An item that lacks a side has null in its place and in that of its id.

    Raises:
        DataError: the file exists and may not be replaced, its folder is missing, or it cannot be written.
        MissingPackageError: pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    path = Path(path)
    if path.exists() and not overwrite:
        raise DataError(f"{path} exists; choose another name or pass overwrite=True")
    if not path.parent.is_dir():
        raise DataError(f"folder {path.parent} does not exist")
    cards = {modality: card.to_dict() for modality, card in extraction.encoders.items()}
    splits = {"train": extraction.dataset.train, "query": extraction.dataset.query}
    widths = {kind: getattr(extraction.dataset.train, kind).shape[1] for kind in ("image", "text")}
    schema = arrow.schema(
        [(name, arrow.string()) for name in ("split", "image_id", "text_id")]
        + [(kind, arrow.list_(arrow.float32(), width)) for kind, width in widths.items()],
        metadata={_KEY: json.dumps(cards).encode()},
    )
    with replacing(path, error=DataError) as aside, parquet.ParquetWriter(aside, schema, compression="zstd") as writer:
        for split, pairs in splits.items():
            images, texts = extraction.image_ids[split], extraction.text_ids[split]
            for start in range(0, len(pairs.text), _ROWS):
                rows = np.arange(start, min(start + _ROWS, len(pairs.text)))
                items = pairs.item_of_text[rows]
                has_image, has_text = (pairs.seen[kind][items] for kind in ("image", "text"))
                columns = [
                    arrow.array([split] * len(rows)),
                    arrow.array(
                        [images[item] if there else None for item, there in zip(items, has_image, strict=True)]
                    ),
                    arrow.array([texts[row] if there else None for row, there in zip(rows, has_text, strict=True)]),
                    _lists(arrow, pairs.image[items], has_image),
                    _lists(arrow, pairs.text[rows], has_text),
                ]
                writer.write_table(arrow.Table.from_arrays(columns, schema=schema))
    return path


def read_parquet_encoders(path: str | Path) -> dict[str, EncoderCard]:
    """Read the cards of the encoders that a file was made by; empty where it does not say.

    Raises:
        DataError: the file or the cards are damaged.
        MissingPackageError: pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    check_regular(path, DataError)
    try:
        held = (parquet.read_schema(path).metadata or {}).get(_KEY)
        cards = parse_json(held) if held is not None else {}
        return {modality: EncoderCard.from_dict(card) for modality, card in cards.items()}
    except (OSError, arrow.ArrowException, ValueError, AttributeError, EncoderError) as error:
        raise DataError(f"{path}: the description of the encoders is damaged: {error}") from error


def _pyarrow() -> tuple[Any, Any]:
    arrow = require("pyarrow", extra="data", need="a Parquet file")
    return arrow, require("pyarrow.parquet", extra="data", need="a Parquet file")


def _lists(arrow: Any, rows: Features, there: Mask) -> Any:
    """A list per row; null where the item lacks the side."""
    flat = np.ascontiguousarray(rows, dtype=np.float32).reshape(-1)
    missing = None if there.all() else arrow.array(~there)
    return arrow.FixedSizeListArray.from_arrays(arrow.array(flat), rows.shape[1], mask=missing)
