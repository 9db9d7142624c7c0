"""A file that gives the model back, and files that do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ucch.errors import RunError
from ucch.models import HashModel
from ucch.models.model_file import model_bytes


def test_a_saved_model_encodes_alike(model: HashModel, features: np.ndarray, tmp_path: Path) -> None:
    model.recipe = 'name = "mine"\n'
    model.save(tmp_path / "model.safetensors")
    again = HashModel.load(tmp_path / "model.safetensors")
    assert np.array_equal(again.encode_image(features), model.encode_image(features))
    assert np.array_equal(again.encode_text(features[:, :4]), model.encode_text(features[:, :4]))
    assert again.recipe == model.recipe
    assert again.image_scaler.resolved == "global"
    assert again.n_bits == 11


def test_equal_models_give_equal_bytes(model: HashModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model.safetensors")
    again = HashModel.load(tmp_path / "model.safetensors")
    assert model_bytes(again) == model_bytes(model) == (tmp_path / "model.safetensors").read_bytes()


def test_damaged_and_foreign_files_are_refused(model: HashModel, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(RunError, match=r"model\.safetensors cannot be read as a model"):
        HashModel.load(path)
    model.save(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(RunError, match=r"model\.safetensors cannot be read as a model"):
        HashModel.load(path)
    save_file({"weight": torch.ones(2)}, path)
    with pytest.raises(RunError, match="holds 'no format', expected 'ucch-model-1'"):
        HashModel.load(path)


def test_a_query_map_is_in_the_file(model: HashModel, features: np.ndarray, tmp_path: Path) -> None:
    plain = model_bytes(model)
    np.testing.assert_array_equal(model.real_query("image", features), model.real_image(features))
    model.query_map = torch.randn(model.n_bits, model.n_bits)
    model.save(tmp_path / "it")
    again = HashModel.load(tmp_path / "it")
    np.testing.assert_allclose(
        again.real_query("image", features), model.real_image(features) @ model.query_map.numpy(), rtol=1e-5, atol=1e-5
    )
    np.testing.assert_array_equal(again.encode_image(features), model.encode_image(features))
    assert again.first_bits(model.n_bits - 1).query_map is None
    again.query_map = None
    assert model_bytes(again) == plain


def test_a_query_map_of_another_size_is_refused(model: HashModel, tmp_path: Path) -> None:
    model.query_map = torch.eye(model.n_bits + 1)
    model.save(tmp_path / "it")
    with pytest.raises(RunError, match="cannot be read as a model"):
        HashModel.load(tmp_path / "it")
