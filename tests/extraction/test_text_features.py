"""Texts to features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ucch.encoders import BowEncoder, Features
from ucch.extraction import encode_texts

TEXTS = ["one", "three", "one", "", "five!"]


class Lengths:
    """A text encoder that counts letters, and its own calls."""

    name, dimension, digest = "lengths", 1, "0"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode(self, batch: Sequence[str]) -> Features:
        self.batches.append(len(batch))
        return np.array([[len(text)] for text in batch], np.float32)


def test_equal_texts_are_encoded_once() -> None:
    encoder = Lengths()
    features = encode_texts(TEXTS, encoder, batch_size=3)
    assert features[:, 0].tolist() == [3, 5, 3, 0, 5]
    assert encoder.batches == [3, 1]


def test_the_cache_serves_the_next_run(tmp_path: Path) -> None:
    encode_texts(TEXTS, Lengths(), cache_folder=tmp_path)
    encoder, seen = Lengths(), []
    features = encode_texts(
        [*TEXTS, "new"], encoder, cache_folder=tmp_path, on_progress=lambda done, total: seen.append((done, total))
    )
    assert encoder.batches == [1]
    assert features[:, 0].tolist() == [3, 5, 3, 0, 5, 3]
    assert seen == [(6, 6)]


def test_an_encoder_that_learns_is_not_cached(tmp_path: Path) -> None:
    bow = BowEncoder()
    bow.fit(["a dog", "a cat"])
    np.testing.assert_array_equal(encode_texts(["cat dog"], bow, cache_folder=tmp_path), [[1, 1]])
    assert list(tmp_path.iterdir()) == []


def test_wrong_batch_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^batch_size must be at least 1, got 0$"):
        encode_texts(TEXTS, Lengths(), batch_size=0)
