"""Models of any views."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from tests.training.kit import small_pairs
from ucch.data import FeatureScaler
from ucch.errors import DataError, RunError
from ucch.hub import model_card
from ucch.models import HashModel, HashTower


def model_of(*names: str) -> HashModel:
    rng = np.random.default_rng(0)
    scalers = {name: FeatureScaler.fit(rng.normal(size=(20, 3 + place))) for place, name in enumerate(names)}
    return HashModel.of_views(
        scalers, {name: HashTower(s.n_features, 12, width=4) for name, s in scalers.items()}
    ).eval()


@pytest.mark.parametrize("names", [("text",), ("image", "text", "audio")])
def test_saved_and_loaded_it_encodes_alike(names: tuple[str, ...], tmp_path: Path) -> None:
    model = model_of(*names)
    model.save(tmp_path / "model.safetensors")
    again = HashModel.load(tmp_path / "model.safetensors")
    assert again.names == names
    for place, name in enumerate(names):
        rows = np.random.default_rng(1).normal(size=(5, 3 + place))
        np.testing.assert_array_equal(again.encode(name, rows), model.encode(name, rows))
        np.testing.assert_array_equal(again.real(name, rows), model.real(name, rows))
    assert again.first_bits(5).n_bits == 5


def test_image_and_text_are_one_case_and_their_file_names_no_views(tmp_path: Path) -> None:
    pairs = small_pairs()
    scalers = FeatureScaler.fit(pairs.image), FeatureScaler.fit(pairs.text)
    towers = HashTower(8, 12, width=4), HashTower(5, 12, width=4)
    model = HashModel(*scalers, *towers).eval()
    named = HashModel.of_views(model.scalers(), model.towers()).eval()
    assert list(named.state_dict()) == list(model.state_dict())
    np.testing.assert_array_equal(named.encode("text", pairs.text), model.encode_text(pairs.text))
    for number, one in enumerate((model, named)):
        one.save(tmp_path / f"{number}")
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes()
    with safe_open(tmp_path / "0", framework="pt") as file:
        assert "views" not in json.loads(file.metadata()["ucch"])


def test_a_view_that_it_has_not_is_refused() -> None:
    model = model_of("text")
    for call in (model.encode_image, lambda rows: model.encode("audio", rows), model.real_image):
        with pytest.raises(DataError, match="this model encodes text, got (image|audio)"):
            call(np.ones((2, 3)))
    with pytest.raises(DataError, match="this model encodes text, got image"):
        model.image_outputs(torch.ones(2, 3))


def test_names_that_are_none_are_refused(tmp_path: Path) -> None:
    model = model_of("text")
    with pytest.raises(DataError, match="a view must be named by a letter"):
        HashModel.of_views({"no name": model.text_scaler}, {"no name": model.text_tower})
    with pytest.raises(ValueError, match="scalers and towers must have the same names"):
        HashModel.of_views(model.scalers(), {"image": model.text_tower})
    model.names = ("__init__",)
    model.add_module("__init___scaler", model.text_scaler)
    model.add_module("__init___tower", model.text_tower)
    model.save(tmp_path / "forged")
    with pytest.raises(RunError, match="forged cannot be read as a model: a view must be named"):
        HashModel.load(tmp_path / "forged")


def test_the_card_says_what_views_there_are() -> None:
    card = model_card(model_of("text"), "me/mine")
    assert "Binary codes of 12 bits of text features, made by" in card
    assert "model.encode_text(features)" in card
    card = model_card(model_of("a", "b", "c"), "me/mine")
    assert "Binary codes of 12 bits that a, b, c share" in card
    assert 'model.encode("c", features)' in card
