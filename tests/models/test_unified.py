"""The unified encoder: what is shared, what is not, and that a model holds and saves its towers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import gelu

from ucch.data import FeatureScaler
from ucch.models import HashModel, UnifiedEncoder
from ucch.models.unified import mean_embedding


@pytest.fixture
def encoder() -> UnifiedEncoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return UnifiedEncoder(6, 4, 5, 8, width=10)


def test_everything_after_the_first_layer_is_shared(encoder: UnifiedEncoder) -> None:
    assert encoder.image_tower[0] is not encoder.text_tower[0]
    for ours, theirs in zip(list(encoder.image_tower)[1:], list(encoder.text_tower)[1:], strict=True):
        assert ours is theirs
    n_own = 6 * 10 + 10 + 4 * 10 + 10 + 5 * 10
    assert sum(p.numel() for p in encoder.parameters()) == n_own + 2 * (10 * 10 + 10) + 10 * 8 + 8


def test_equals_its_layers_by_hand(encoder: UnifiedEncoder, generator: torch.Generator) -> None:
    image, text = torch.randn(3, 6, generator=generator), torch.randn(3, 4, generator=generator)
    label = torch.tensor([[1, 0, 1, 0, 0], [0, 0, 0, 0, 1]])
    embedding = encoder.label_embedding
    starts = (
        encoder.image_tower[0](image),
        encoder.text_tower[0](text),
        torch.stack([(embedding[0] + embedding[2]) / 2, embedding[4]]),
    )
    outputs = (encoder.image(image), encoder.text(text), encoder.label(label))
    for start, output in zip(starts, outputs, strict=True):
        hidden = gelu(start)
        hidden = gelu(encoder.image_tower[2](hidden))
        hidden = gelu(encoder.image_tower[4](hidden))
        torch.testing.assert_close(output, encoder.image_tower[6](hidden))


def test_labels_of_any_leading_shape(encoder: UnifiedEncoder, generator: torch.Generator) -> None:
    label = torch.rand(3, 4, 5, generator=generator) < 0.4
    torch.testing.assert_close(encoder.label(label)[2, 1], encoder.label(label[2, 1][None])[0])


def test_a_label_without_a_class_embeds_to_zeros() -> None:
    assert mean_embedding(torch.zeros(2, 3), torch.ones(3, 4)).abs().max().item() == 0.0


def test_gradient_of_a_label_moves_the_shared_layers(encoder: UnifiedEncoder) -> None:
    encoder.label(torch.eye(5)).sum().backward()
    assert encoder.text_tower[2].weight.grad is not None
    assert encoder.text_tower[0].weight.grad is None


def test_a_model_of_its_towers_saves_and_encodes_alike(encoder: UnifiedEncoder, tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    scalers = (FeatureScaler.fit(features, "global"), FeatureScaler.fit(features[:, :4], "global"))
    model = HashModel(*scalers, encoder.image_tower, encoder.text_tower)
    model.save(tmp_path / "model.safetensors")
    again = HashModel.load(tmp_path / "model.safetensors")
    assert again.image_tower.activation == "gelu"
    assert np.array_equal(again.encode_image(features), model.encode_image(features))
    assert np.array_equal(again.encode_text(features[:, :4]), model.encode_text(features[:, :4]))


def test_refuses_what_does_not_fit(encoder: UnifiedEncoder) -> None:
    with pytest.raises(ValueError, match="n_layers must be at least 2, the own first layer and a shared one, got 1"):
        UnifiedEncoder(6, 4, 5, 8, n_layers=1)
    with pytest.raises(ValueError, match="n_classes must be an int of at least 1, got 0"):
        UnifiedEncoder(6, 4, 0, 8)
    with pytest.raises(ValueError, match=r"label must have shape \(rows, 5\), got shape \(2, 3\)"):
        encoder.label(torch.zeros(2, 3))


def test_unit_rows_enter_the_shared_layers_at_the_scale_of_labels() -> None:
    encoder = UnifiedEncoder(200, 10, 5, 8, width=512)
    for width, tower in ((200, encoder.image_tower), (10, encoder.text_tower)):
        rows = torch.nn.functional.normalize(torch.randn(100, width, generator=torch.Generator().manual_seed(0)), dim=1)
        assert tower[0](rows).std().item() == pytest.approx(encoder.label_embedding.std().item(), rel=0.15)
