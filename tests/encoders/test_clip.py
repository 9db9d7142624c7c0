"""CLIP-family encoders against transformers itself."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.encoders.kit import CLIP_DIMENSION, save_tiny_clip, save_tiny_siglip
from tests.images.kit import gradient
from ucch.encoders import ClipImageEncoder, ClipTextEncoder, ImageEncoder, TextEncoder
from ucch.errors import EncoderError

TEXTS = ["a red square", "", "the wall is long " * 20]


@pytest.fixture(scope="module")
def tiny_siglip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("transformers")
    return save_tiny_siglip(tmp_path_factory.mktemp("siglip"))


def test_image_features_are_transformers_own(tiny_clip: Path) -> None:
    from transformers import CLIPImageProcessorPil, CLIPModel

    pictures = [gradient(size=size) for size in ((50, 40), (32, 32), (33, 90))]
    pixels = CLIPImageProcessorPil.from_pretrained(tiny_clip)(images=pictures, return_tensors="pt")
    with torch.inference_mode():
        expected = CLIPModel.from_pretrained(tiny_clip).eval().get_image_features(**pixels).pooler_output.numpy()
    encoder = ClipImageEncoder(str(tiny_clip))
    features = encoder.encode([encoder.prepare(picture) for picture in pictures])
    assert isinstance(encoder, ImageEncoder)
    assert features.shape == (3, CLIP_DIMENSION) == (3, encoder.dimension)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, expected, atol=1e-5)


def test_text_features_are_transformers_own(tiny_clip: Path) -> None:
    from transformers import CLIPModel, CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(tiny_clip)
    tokens = tokenizer(TEXTS, padding=True, truncation=True, max_length=20, return_tensors="pt")
    with torch.inference_mode():
        expected = CLIPModel.from_pretrained(tiny_clip).eval().get_text_features(**tokens).pooler_output.numpy()
    encoder = ClipTextEncoder(str(tiny_clip))
    assert isinstance(encoder, TextEncoder)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)


def test_features_do_not_depend_on_the_batch(tiny_clip: Path) -> None:
    encoder = ClipTextEncoder(str(tiny_clip))
    single = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder.encode(TEXTS), single, atol=1e-5)


def test_siglip_goes_through_the_same_classes(tiny_siglip: Path) -> None:
    from transformers import AutoTokenizer, SiglipImageProcessorPil, SiglipModel

    model = SiglipModel.from_pretrained(tiny_siglip).eval()
    pixels = SiglipImageProcessorPil.from_pretrained(tiny_siglip)(images=gradient(), return_tensors="pt")
    tokens = AutoTokenizer.from_pretrained(tiny_siglip)(
        ["a red dot"], padding="max_length", max_length=8, return_tensors="pt"
    )
    with torch.inference_mode():
        image = model.get_image_features(**pixels).pooler_output.numpy()
        text = model.get_text_features(input_ids=tokens["input_ids"]).pooler_output.numpy()
    images, texts = ClipImageEncoder(str(tiny_siglip)), ClipTextEncoder(str(tiny_siglip))
    np.testing.assert_allclose(images.encode([images.prepare(gradient())]), image, atol=1e-5)
    np.testing.assert_allclose(texts.encode(["a red dot"]), text, atol=1e-5)


def test_the_preparation_travels_to_workers_and_takes_the_smallest_pictures(tiny_clip: Path) -> None:
    prepare = pickle.loads(pickle.dumps(ClipImageEncoder(str(tiny_clip)).prepare))
    for size in ((1, 1), (3, 3), (1, 90), (90, 3)):
        assert prepare(gradient(size=size)).shape == (3, 32, 32)


def test_the_digest_tells_weights_and_preparation_apart(tiny_clip: Path, tmp_path: Path) -> None:
    digest = ClipImageEncoder(str(tiny_clip)).digest
    assert ClipImageEncoder(str(tiny_clip)).digest == digest
    copy = save_tiny_clip(tmp_path / "copy")
    assert ClipImageEncoder(str(copy)).digest == digest
    settings = copy / "preprocessor_config.json"
    settings.write_text(settings.read_text().replace('"resample": 3', '"resample": 2'))
    assert ClipImageEncoder(str(copy)).digest != digest
    assert ClipTextEncoder(str(copy)).digest == ClipTextEncoder(str(tiny_clip)).digest


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(EncoderError, match="^model '.*' cannot be loaded "):
        ClipImageEncoder(str(tmp_path))
