"""The same photographs again, by an encoder that was trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data import PairedDataset, Pairs
from ..encoders import EncoderCard
from ..images.sources import open_images
from .extract import Extraction
from .image_features import encode_images

__all__ = ["with_tuned_images"]


def with_tuned_images(
    extraction: Extraction,
    images: str | Path,
    encoder: Any,
    *,
    batch_size: int = 64,
    workers: int = 0,
    cache_folder: str | Path | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Extraction:
    """Encode the photographs of an extraction anew; split, captions and their features stay as they were.

    Args:
        extraction: by the encoder before training.
        images: the place of pictures that its image ids are of.
        encoder: the encoder after training.
        batch_size, workers, cache_folder, on_progress: as in :func:`~ucch.extraction.extract`.

    Raises:
        DataError: a photograph can no longer be used.
    """
    ids, dataset = extraction.image_ids, extraction.dataset
    encoded = encode_images(
        open_images(images).chosen([name for split in ("train", "query") for name in ids[split]]),
        encoder,
        cache_folder=cache_folder,
        batch_size=batch_size,
        workers=workers,
        max_bad=0,
        on_progress=None if on_progress is None else lambda done, total: on_progress("images", done, total),
    )
    n_train = len(dataset.train)
    train, query = (
        Pairs(features, pairs.text, pairs.label, split=pairs.split, image_of_text=pairs.image_of_text)
        for pairs, features in (
            (dataset.train, encoded.features[:n_train]),
            (dataset.query, encoded.features[n_train:]),
        )
    )
    cards = {**extraction.encoders, "image": EncoderCard.of(encoder, extraction.encoders["image"].spec)}
    return replace(
        extraction, dataset=PairedDataset(dataset.name, train, query), encoders=cards, n_encoded=encoded.n_encoded
    )
