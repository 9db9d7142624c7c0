"""Texts to features, in batches, each text once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..encoders import Features, FittedTextEncoder, TextEncoder
from .cache import FeatureCache
from .image_features import check_features

__all__ = ["encode_texts"]


def encode_texts(
    texts: Sequence[str],
    encoder: TextEncoder,
    *,
    cache_folder: str | Path | None = None,
    batch_size: int = 64,
    on_progress: Callable[[int, int], None] | None = None,
) -> Features:
    """Encode texts; equal texts are encoded once.

    Args:
        texts: n texts.
        encoder: a text encoder, fitted where it learns from texts; those are fast and not cached.
        cache_folder: where features are kept between runs; None keeps nothing.
        batch_size: texts per call of the encoder.
        on_progress: called with the texts done and their number.

    Returns:
        (n, d) float32.

    Raises:
        DataError: the encoder returns something else than finite float32 features.
        ValueError: ``batch_size`` is below 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    folder = None if isinstance(encoder, FittedTextEncoder) else cache_folder
    keys = [hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).digest() for text in texts]
    features = np.empty((len(texts), encoder.dimension), dtype=np.float32)
    digest = hashlib.sha256(f"texts {encoder.digest}".encode()).hexdigest()
    with FeatureCache(folder, digest, encoder.dimension) as cache:
        missing = list({key: text for key, text in zip(keys, texts, strict=True) if key not in cache}.items())
        for start in range(0, len(missing), batch_size):
            batch = missing[start : start + batch_size]
            made = check_features(encoder, encoder.encode([text for _, text in batch]), len(batch))
            cache.put([key for key, _ in batch], made)
            if on_progress is not None:
                on_progress(len(texts) - len(missing) + start + len(batch), len(texts))
        for row, key in enumerate(keys):
            features[row] = cache.get(key)
    return features
