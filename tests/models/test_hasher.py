"""The trained model: encoding, and a file that gives it back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ucch.codes import pack, sign
from ucch.data import FeatureScaler
from ucch.errors import DataError, RunError
from ucch.models import HashModel, HashTower


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(3, 2, (50, 6))


@pytest.fixture
def model(features: np.ndarray) -> HashModel:
    torch.manual_seed(0)
    text = features[:, :4]
    return HashModel(
        FeatureScaler.fit(features, "global"),
        FeatureScaler.fit(text, "standard"),
        HashTower(6, 11, width=8, n_layers=3),
        HashTower(4, 11, width=8, n_layers=2),
    )


def test_codes_are_packed_signs_of_the_scaled_outputs(model: HashModel, features: np.ndarray) -> None:
    outputs = model.image_tower(model.image_scaler(torch.from_numpy(features)))
    assert np.array_equal(model.encode_image(features), pack(sign(outputs)))
    outputs = model.text_tower(model.text_scaler(torch.from_numpy(features[:, :4])))
    assert np.array_equal(model.encode_text(features[:, :4]), pack(sign(outputs)))


@pytest.mark.parametrize("batch_size", [1, 7, 50, 1000])
def test_batches_do_not_matter(model: HashModel, features: np.ndarray, batch_size: int) -> None:
    assert np.array_equal(model.encode_image(features, batch_size=batch_size), model.encode_image(features))


def test_memory_mapped_features_encode_alike(model: HashModel, features: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", features)
    assert np.array_equal(model.encode_image(np.load(tmp_path / "x.npy", mmap_mode="r")), model.encode_image(features))


def test_a_saved_model_encodes_alike(model: HashModel, features: np.ndarray, tmp_path: Path) -> None:
    model.recipe = 'name = "mine"\n'
    model.save(tmp_path / "model.safetensors")
    again = HashModel.load(tmp_path / "model.safetensors")
    assert np.array_equal(again.encode_image(features), model.encode_image(features))
    assert np.array_equal(again.encode_text(features[:, :4]), model.encode_text(features[:, :4]))
    assert again.recipe == model.recipe
    assert again.image_scaler.resolved == "global"
    assert again.n_bits == 11


def test_wrong_features_are_refused_by_name(model: HashModel, features: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"text must have shape \(rows, 4\), .* got shape \(50, 6\)"):
        model.encode_text(features)
    features[7, 2] = np.nan
    with pytest.raises(DataError, match="image must be finite in float32, but row 7 holds nan in column 2"):
        model.encode_image(features)


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


def test_one_code_of_picture_and_text(model: HashModel, features: np.ndarray) -> None:
    text = features[:, : model.text_tower.n_features]
    image_out, text_out = model.real_image(features), model.real_text(text)
    mean = [
        one / np.linalg.norm(one) + other / np.linalg.norm(other)
        for one, other in zip(image_out, text_out, strict=True)
    ]
    np.testing.assert_array_equal(model.encode_item(features, text), pack(sign(torch.from_numpy(np.stack(mean)))))
    seen = np.arange(len(features)) % 2 == 0
    codes = model.encode_item(features, text, image_seen=seen, text_seen=~seen)
    np.testing.assert_array_equal(codes[seen], model.encode_image(features)[seen])
    np.testing.assert_array_equal(codes[~seen], model.encode_text(text)[~seen])
    with pytest.raises(DataError, match="one row per item, got 1 and"):
        model.encode_item(features[:1], text)


def test_several_texts_of_a_picture_are_one_by_their_mean(model: HashModel, features: np.ndarray) -> None:
    image, text = features[:3], features[:3, : model.text_tower.n_features]
    real = model.real_item(image, text, image_of_text=np.array([0, 0, 2]))
    unit = [
        rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (model.real_image(image), model.real_text(text))
    ]
    both = unit[1][0] + unit[1][1]
    wanted = [unit[0][0] + both / np.linalg.norm(both), unit[0][1], unit[0][2] + unit[1][2]]
    np.testing.assert_allclose(real, np.stack(wanted) / 2, atol=1e-6)
    alone = model.real_item(image, text, image_of_text=np.array([0, 0, 2]), image_seen=np.array([False, True, True]))
    np.testing.assert_allclose(alone[0], both / np.linalg.norm(both) / 2, atol=1e-6)
