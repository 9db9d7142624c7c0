"""Features to packed codes as one module."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.export.kit import BITS, small_model
from ucch.codes import pack, sign
from ucch.errors import RunError
from ucch.export import CodeGraph, pack_signs, place_values
from ucch.models import HashModel, HashTower, SparseCodeTower


@pytest.mark.parametrize("n_bits", [1, 7, 8, 9, 64, 100])
def test_packing_is_that_of_codes(n_bits: int) -> None:
    outputs = torch.randn(50, n_bits)
    outputs[0], outputs[1] = 0.0, -0.0  # sign(0) = +1
    packed = pack_signs(outputs, place_values(n_bits))
    assert packed.dtype == torch.uint8
    np.testing.assert_array_equal(packed.numpy(), pack(sign(outputs)))


def test_each_bit_has_one_place() -> None:
    places = place_values(20)
    assert places.shape == (20, 3)
    assert places.sum(0).tolist() == [255, 255, 240]
    assert (places > 0).sum(1).tolist() == [1] * 20


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_module_gives_what_the_model_does(modality: str) -> None:
    model, features = small_model(6, 5, residual=True), torch.randn(30, 6 if modality == "image" else 5)
    codes, outputs = CodeGraph(model, modality)(features)
    real = (model.real_image if modality == "image" else model.real_text)(features.numpy())
    np.testing.assert_array_equal(outputs.detach().numpy(), real)
    np.testing.assert_array_equal(codes.numpy(), pack(sign(real)))


def test_a_lasso_is_refused_with_the_way_out() -> None:
    plain = small_model(6, 5)
    tower = SparseCodeTower(6, 20, n_components=4, n_atoms=8)
    model = HashModel(plain.image_scaler, plain.text_scaler, tower, HashTower(5, 20))
    with pytest.raises(RunError, match="the image tower .* lasso .* --modality text, or train another method"):
        CodeGraph(model, "image")
    assert CodeGraph(model, "text").tower.n_features == 5


def test_it_says_what_to_trace_it_with() -> None:
    graph = CodeGraph(small_model(12, 5), "text")
    assert (graph.names, graph.dynamic()) == (("features",), [{0: "batch"}])
    assert [part.shape for part in graph(*graph.example())] == [(2, -(-BITS // 8)), (2, BITS)]
