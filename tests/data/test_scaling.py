from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from ucch.data import FeatureScaler
from ucch.data.scaling import APPLIED, MODES, choose_mode
from ucch.data.statistics import feature_statistics
from ucch.errors import DataError

Matrix = np.ndarray[Any, Any]


def _features(n: int = 200, d: int = 5, seed: int = 0) -> Matrix:
    rng = np.random.default_rng(seed)
    return 3 + rng.normal(size=(n, d)) * np.linspace(0.5, 2, d)


def _applied(features: Matrix, mode: str, fitted_on: Matrix | None = None) -> Matrix:
    scaler = FeatureScaler.fit(features if fitted_on is None else fitted_on, mode)
    return scaler(torch.from_numpy(features)).numpy()


def _closed_form(features: Matrix, mode: str) -> Matrix:
    x = features.astype(np.float64)
    if mode == "none":
        return x
    if mode == "unit":
        return x / np.linalg.norm(x, axis=1, keepdims=True)
    centred = x - x.mean(axis=0)
    divisor = {
        "center": 1.0,
        "global": np.sqrt(x.var(axis=0).sum()),
        "standard": x.std(axis=0) * np.sqrt(x.shape[1]),
    }[mode]
    return centred / divisor


@pytest.mark.parametrize("mode", ["none", "center", "global", "standard", "unit"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "uint8", "int64"])
def test_every_mode_is_its_closed_form_on_every_kind(mode: str, dtype: str) -> None:
    features = np.clip(_features() * 5, 1, 200).astype(dtype)
    scaled = _applied(features, mode)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, _closed_form(features, mode), rtol=2e-5, atol=2e-6)


def test_booleans_are_zeros_and_ones() -> None:
    tags = np.random.default_rng(0).random((50, 6)) < 0.3
    np.testing.assert_array_equal(_applied(tags, "global"), _applied(tags.astype(np.float32), "global"))


@pytest.mark.parametrize("mode", ["global", "standard", "unit"])
def test_training_rows_end_at_length_one(mode: str) -> None:
    scaled = _applied(_features(d=40), mode).astype(np.float64)
    assert np.sqrt(np.square(scaled).sum(axis=1).mean()) == pytest.approx(1, rel=1e-5)


def test_rows_to_unit_length_then_global() -> None:
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(300, 12)) + 2
    features = directions * np.exp(rng.normal(size=(300, 1)))
    scaler = FeatureScaler.fit(features)
    assert scaler.resolved == "unit+global"
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    np.testing.assert_allclose(scaler(torch.from_numpy(features)), _closed_form(unit, "global"), rtol=2e-5, atol=1e-6)


def test_new_rows_are_scaled_by_the_training_rows() -> None:
    train, query = _features(), _features(seed=1)[:3]
    expected = (query - train.mean(axis=0)) / np.sqrt(train.var(axis=0).sum())
    np.testing.assert_allclose(_applied(query, "global", fitted_on=train), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("chunk_rows", [1, 7, 200])
def test_chunks_do_not_change_the_fit(mode: str, chunk_rows: int) -> None:
    whole, chunked = FeatureScaler.fit(_features(), mode), FeatureScaler.fit(_features(), mode, chunk_rows=chunk_rows)
    assert whole.config() == chunked.config()
    torch.testing.assert_close(whole.mean, chunked.mean, rtol=1e-6, atol=0)
    torch.testing.assert_close(whole.scale, chunked.scale, rtol=1e-6, atol=0)


def test_a_memory_mapped_file_gives_the_same_fit(tmp_path: Path) -> None:
    features = _features().astype(np.float32)
    np.save(tmp_path / "x.npy", features)
    mapped = FeatureScaler.fit(np.load(tmp_path / "x.npy", mmap_mode="r"))
    torch.testing.assert_close(mapped.state_dict(), FeatureScaler.fit(features).state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("mode", ["global", "standard", "auto"])
def test_constant_dimensions_are_only_centred(mode: str) -> None:
    features = _features(d=3)
    features[:, 1] = 0.1  # whose mean is off by rounding
    scaled = _applied(features, mode)
    np.testing.assert_allclose(scaled[:, 1], 0, atol=1e-7)
    assert np.isfinite(scaled).all()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("value", [0.0, 0.1, -1e30])
def test_features_that_never_vary_stay_finite(mode: str, value: float) -> None:
    scaled = _applied(np.full((20, 9), value), mode)
    assert np.isfinite(scaled).all()
    if mode not in ("none", "unit"):
        np.testing.assert_allclose(scaled, 0, atol=1e-7 * max(1, abs(value)))


@pytest.mark.parametrize("mode", MODES)
def test_one_row_is_enough(mode: str) -> None:
    assert np.isfinite(_applied(np.array([[1.0, 2.0, 3.0]]), mode)).all()


def test_a_row_of_zeros_stays_zeros_under_unit() -> None:
    features = np.array([[0.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(_applied(features, "unit"), [[0, 0], [0.6, 0.8]], rtol=1e-6)


def test_a_large_mean_is_taken_off_in_double_precision() -> None:
    features = 2.0**24 + np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0]])  # float32 cannot tell 2^24 from 2^24 + 1
    scaled = _applied(features, "center")
    np.testing.assert_allclose(scaled, features - features.mean(axis=0), atol=1)
    assert len({tuple(row) for row in scaled.tolist()}) == 3


def test_wrong_modes_and_shapes_are_refused() -> None:
    message = "mode must be one of auto, center, global, none, standard, unit, got 'l2'"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        FeatureScaler.fit(_features(), "l2")
    scaler = FeatureScaler.fit(_features())
    with pytest.raises(ValueError, match=r"^x must have shape \(rows, 5\), got shape \(2, 6\)$"):
        scaler(torch.zeros(2, 6))
    with pytest.raises(DataError, match=r"^image must have shape \(rows, features\), got shape \(4,\)$"):
        FeatureScaler.fit(np.zeros(4), name="image")


def test_the_first_row_that_is_not_finite_is_named() -> None:
    features = _features()
    features[[17, 30], 2] = np.nan
    with pytest.raises(DataError, match=r"^image must be finite in float32, but row 17 holds nan in column 2;"):
        FeatureScaler.fit(features, name="image", chunk_rows=5)


@pytest.mark.parametrize("mode", MODES)
def test_a_saved_scaler_comes_back_equal(mode: str) -> None:
    features = _features()
    scaler = FeatureScaler.fit(features, mode)
    again = FeatureScaler.from_config(scaler.config())
    again.load_state_dict(load(save(scaler.state_dict())))
    assert (again.mode, again.resolved, again.reason) == (mode, scaler.resolved, scaler.reason)
    assert again.config() == scaler.config()
    x = torch.from_numpy(features)
    assert torch.equal(again(x), scaler(x))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "l2"}, "a scaler's config is wrong: mode must be one of auto, center, global, none, standard, unit"),
        ({"resolved": "auto"}, "a scaler's config is wrong: resolved must be one of center, global, none, standard"),
        ({"n_features": "many"}, "a scaler's config is wrong: invalid literal for int"),
        ({"extra": 1}, "a scaler's config must have the keys mode, n_features, reason, resolved, got"),
    ],
)
def test_a_wrong_config_is_refused(change: dict[str, str | int], message: str) -> None:
    config = FeatureScaler.fit(_features()).config()
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        FeatureScaler.from_config({**config, **change})


def test_what_is_asked_for_is_applied_and_said() -> None:
    scaler = FeatureScaler.fit(_features(), "unit")
    assert (scaler.resolved, scaler.reason) == ("unit", "asked for")
    assert repr(scaler) == "FeatureScaler(5, mode=unit, resolved=unit)"


def _counts(rng: np.random.Generator, length_sigma: float) -> Matrix:
    lengths = np.exp(rng.normal(3, length_sigma, size=(400, 1)))
    return rng.poisson(lengths * rng.dirichlet(np.full(60, 0.2), size=400)).astype(np.float32)


def _embeddings(rng: np.random.Generator) -> Matrix:
    rows = rng.normal(size=(400, 32)) + 3 * rng.normal(size=32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _activations(rng: np.random.Generator) -> Matrix:
    hidden = np.maximum(rng.normal(size=(400, 16)), 0)
    return np.maximum(hidden @ rng.normal(size=(16, 256)) * np.exp(rng.normal(size=256)), 0)


def _with_outlier(features: Matrix) -> Matrix:
    features = features.copy()
    features[:, 3] = 100 * features[:, 3] + 7
    return features


def _frequent_word(rng: np.random.Generator) -> Matrix:
    words = rng.poisson(0.02, size=(400, 60))
    words[:, 0] = 20 + rng.integers(9, size=400)
    return words


RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("features", "resolved"),
    [
        (_counts(RNG(0), 0.1), "global"),
        (_counts(RNG(0), 1.0), "unit+global"),
        (_frequent_word(RNG(0)), "global"),
        (RNG(0).dirichlet(np.full(10, 0.3), size=400), "global"),
        (_activations(RNG(0)), "global"),
        (_embeddings(RNG(0)), "global"),
        (_embeddings(RNG(0)) * np.exp(RNG(1).normal(size=(400, 1))), "unit+global"),
        (_with_outlier(_embeddings(RNG(0))), "standard"),
        ((RNG(0).random((400, 100)) < 0.03), "global"),
        (_with_outlier(RNG(0).normal(size=(400, 7))), "global"),
        (np.exp(RNG(0).normal(size=(400, 1))), "global"),
        (np.zeros((20, 9)), "global"),
    ],
    ids=[
        "counts", "counts-of-uneven-length", "counts-with-a-frequent-word", "topic-mixtures", "activations",
        "unit-embeddings", "raw-embeddings", "an-outlying-dimension", "tags", "seven-values", "one-value", "zeros",
    ],
)  # fmt: skip
def test_auto_decides_by_the_kind_of_features(features: Matrix, resolved: str) -> None:
    scaler = FeatureScaler.fit(features)
    assert scaler.mode == "auto"
    assert scaler.resolved == resolved


def test_auto_says_why() -> None:
    embeddings = _embeddings(RNG(0))
    reasons = {
        "standard": FeatureScaler.fit(_with_outlier(embeddings)).reason,
        "global": FeatureScaler.fit(embeddings).reason,
        "unit+global": FeatureScaler.fit(_counts(RNG(0), 1.0)).reason,
    }
    assert reasons["global"] == "no dimension holds most of the variance and row lengths are alike"
    assert FeatureScaler.fit(np.eye(7)).reason == "rows of 7 values are too short to judge by"
    assert re.fullmatch(r"dimension 3 holds (99|100)% of the variance", reasons["standard"])
    assert re.fullmatch(r"row lengths deviate by \d+% of their mean", reasons["unit+global"])


def test_auto_equals_the_mode_it_chooses() -> None:
    features = _embeddings(RNG(0))
    np.testing.assert_array_equal(_applied(features, "auto"), _applied(features, "global"))


def test_every_choice_is_one_that_can_be_applied() -> None:
    assert choose_mode(feature_statistics(_features()))[0] in APPLIED
    assert set(MODES) - {"auto"} < set(APPLIED)
