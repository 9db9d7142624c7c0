"""One output of a picture and its texts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ucch.codes import pack, sign
from ucch.errors import DataError
from ucch.models import HashModel, mean_outputs


def test_rows_of_zeros_count_for_nothing() -> None:
    one, other = np.array([[3.0, 4.0], [0.0, 0.0]], np.float32), np.array([[0.0, 2.0], [5.0, 0.0]], np.float32)
    np.testing.assert_allclose(mean_outputs(one, other), [[0.3, 0.9], [0.5, 0.0]], atol=1e-7)


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
