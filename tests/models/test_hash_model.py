"""The trained model: encoding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ucch.codes import pack, sign
from ucch.errors import DataError
from ucch.models import HashModel


def test_codes_are_packed_signs_of_the_scaled_outputs(model: HashModel, features: np.ndarray) -> None:
    outputs = model.image_tower(model.image_scaler(torch.from_numpy(features)))
    assert np.array_equal(model.encode_image(features), pack(sign(outputs)))
    outputs = model.text_tower(model.text_scaler(torch.from_numpy(features[:, :4])))
    assert np.array_equal(model.encode_text(features[:, :4]), pack(sign(outputs)))


def test_a_copy_apart_shares_no_layer_and_is_there_to_encode(model: HashModel, features: np.ndarray) -> None:
    tower = model.image_tower
    shared = HashModel.of_views(
        {"image": model.image_scaler, "text": model.image_scaler}, {"image": tower, "text": tower}
    ).train()
    copy = shared.apart()
    torch.nn.init.zeros_(copy.image_tower.last.weight)
    assert np.array_equal(copy.encode_text(features), shared.encode_text(features))
    assert np.array_equal(shared.encode_image(features), shared.encode_text(features))
    assert (shared.training, copy.training) == (True, False)


@pytest.mark.parametrize("batch_size", [1, 7, 50, 1000])
def test_batches_do_not_matter(model: HashModel, features: np.ndarray, batch_size: int) -> None:
    assert np.array_equal(model.encode_image(features, batch_size=batch_size), model.encode_image(features))


def test_memory_mapped_features_encode_alike(model: HashModel, features: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", features)
    assert np.array_equal(model.encode_image(np.load(tmp_path / "x.npy", mmap_mode="r")), model.encode_image(features))


def test_wrong_features_are_refused_by_name(model: HashModel, features: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"text must have shape \(rows, 4\), .* got shape \(50, 6\)"):
        model.encode_text(features)
    features[7, 2] = np.nan
    with pytest.raises(DataError, match="image must be finite in float32, but row 7 holds nan in column 2"):
        model.encode_image(features)
