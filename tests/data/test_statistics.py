from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.data.statistics import feature_statistics
from ucch.errors import DataError


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "uint8", "int32", "bool"])
@pytest.mark.parametrize("chunk_rows", [None, 1, 7, 1000])
def test_agrees_with_numpy_in_any_chunks(dtype: str, chunk_rows: int | None) -> None:
    features = (np.random.default_rng(0).random((50, 4)) * 9).astype(dtype)
    whole = features.astype(np.float64)
    norms = np.linalg.norm(whole, axis=1)
    statistics = feature_statistics(features, chunk_rows=chunk_rows)
    assert statistics.n_rows == 50
    assert statistics.zero_share == (whole == 0).mean()
    np.testing.assert_allclose(statistics.mean, whole.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(statistics.variance, whole.var(axis=0), rtol=1e-13)
    np.testing.assert_allclose([statistics.length_mean, statistics.length_deviation], [norms.mean(), norms.std()])


@pytest.mark.parametrize("chunk_rows", [None, 3])
def test_unit_rows_are_described_where_asked(chunk_rows: int | None) -> None:
    features = np.random.default_rng(0).normal(size=(20, 4)) * 7
    features[5] = 0
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.where(lengths > 0, lengths, 1)
    statistics = feature_statistics(features, unit_rows=True, chunk_rows=chunk_rows)
    np.testing.assert_allclose(statistics.mean, unit.mean(axis=0), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(statistics.variance, unit.var(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        [statistics.length_mean, statistics.length_deviation], [0.95, np.sqrt(0.95 * 0.05)], rtol=1e-12
    )


def test_a_large_mean_does_not_drown_the_variance() -> None:
    features = 1e9 + np.random.default_rng(0).normal(size=(1000, 2))
    variance = feature_statistics(features, chunk_rows=13).variance
    np.testing.assert_allclose(variance, features.var(axis=0), rtol=1e-7)  # squares of 1e9 leave 100 off


def test_a_memory_mapped_file_gives_the_same(tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    np.save(tmp_path / "x.npy", features)
    mapped = feature_statistics(np.load(tmp_path / "x.npy", mmap_mode="r"))
    np.testing.assert_array_equal(mapped.variance, feature_statistics(features).variance)


def test_the_first_row_that_is_not_finite_is_named_across_chunks() -> None:
    features = np.zeros((10, 2))
    features[[6, 8], 1] = np.inf
    with pytest.raises(DataError, match=r"^image must be finite in float32, but row 6 holds inf in column 1;"):
        feature_statistics(features, name="image", chunk_rows=4)


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^features must have at least one row, got shape \(0, 3\)$"):
        feature_statistics(np.zeros((0, 3)))
