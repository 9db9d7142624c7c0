"""Tokens and pixels to packed codes, as encoder and model give them one after the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.encoders.kit import CLIP_DIMENSION, ColourEncoder, TinyNetworkEncoder, save_tiny_siglip
from tests.export.kit import differing, run_graph, small_model
from ucch.encoders import ClipImageEncoder, ClipTextEncoder, SentenceEncoder
from ucch.errors import EncoderError
from ucch.export import CodeGraph, encoder_graph, write_onnx

TEXTS = ["a red dot on the wall", "dot", "", "a b c d e f g h i j k l m n o p q r s t u v"]


def written(graph: object, path: Path) -> Path:
    inputs, dynamic = graph.names, graph.dynamic()  # type: ignore[attr-defined]
    write_onnx(graph, graph.example(), path, inputs=inputs, dynamic=dynamic, facts={})  # type: ignore[attr-defined, arg-type]
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bert", "clip"])
def test_tokens_of_any_number_and_length(kind: str, tiny_bert: Path, tiny_clip: Path, tmp_path: Path) -> None:
    encoder = SentenceEncoder(str(tiny_bert)) if kind == "bert" else ClipTextEncoder(str(tiny_clip))
    model = small_model(6, encoder.dimension)
    path = written(encoder_graph(encoder, CodeGraph(model, "text")), tmp_path / "text.onnx")
    for texts in (TEXTS[:1], TEXTS[:2], TEXTS[::3], TEXTS if kind == "clip" else TEXTS[:2]):
        tokens = encoder.tokenizer(texts, padding=True, truncation=True, max_length=encoder.length, return_tensors="np")
        inputs = {name: tokens[name] for name in ("input_ids", "attention_mask")}
        codes, outputs = run_graph(path, **inputs)
        features = encoder.encode(texts)
        np.testing.assert_allclose(outputs, model.real_text(features), atol=1e-5)
        assert differing(codes, model.encode_text(features)) == 0


def test_a_network_that_sees_padding_takes_no_mask(tmp_path: Path) -> None:
    encoder = ClipTextEncoder(str(save_tiny_siglip(tmp_path / "siglip")))
    model = small_model(6, encoder.dimension)
    graph = encoder_graph(encoder, CodeGraph(model, "text"))
    assert (graph.names, graph.dynamic()) == (["input_ids"], [{0: "batch"}])
    tokens = encoder.tokenizer(TEXTS[:2], padding="max_length", max_length=encoder.length, return_tensors="pt")
    with torch.no_grad():
        codes, _ = graph(tokens["input_ids"])
    assert differing(codes.numpy(), model.encode_text(encoder.encode(TEXTS[:2]))) == 0


@pytest.mark.slow
def test_pixels_of_a_clip(tiny_clip: Path, tmp_path: Path) -> None:
    encoder, model = ClipImageEncoder(str(tiny_clip)), small_model(CLIP_DIMENSION, 5)
    path = written(encoder_graph(encoder, CodeGraph(model, "image")), tmp_path / "image.onnx")
    pixels = np.random.default_rng(0).normal(size=(3, 3, 32, 32)).astype(np.float32)
    features = encoder.encode(list(pixels))
    codes, outputs = run_graph(path, pixels=pixels)
    np.testing.assert_allclose(outputs, model.real_image(features), atol=1e-5)
    assert differing(codes, model.encode_image(features)) == 0


def test_a_network_of_ones_own_is_a_graph_and_other_classes_are_not() -> None:
    codes = CodeGraph(small_model(12, 5), "image")
    graph = encoder_graph(TinyNetworkEncoder(), codes)
    assert [tuple(part.shape) for part in graph(graph.example()[0])] == [(2, 3), (2, 20)]
    with pytest.raises(
        EncoderError, match=r"encoder colour \(tests\.encoders\.kit\) is no network .* leave out --fuse"
    ):
        encoder_graph(ColourEncoder(), codes)
