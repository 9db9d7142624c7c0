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
