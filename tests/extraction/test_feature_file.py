"""Features read a few rows at a time: same rows whatever holds them, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ucch.errors import DataError
from ucch.extraction import open_features

FEATURES = np.arange(22, dtype=np.float32).reshape(11, 2)


def write_parquet(path: Path, columns: dict[str, Any], rows: int = 3) -> Path:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table(columns), path, row_group_size=rows)
    return path


def batches(path: Path, modality: str = "image", rows: int = 4) -> tuple[list[int], np.ndarray, list[str]]:
    features = open_features(path, modality)
    parts = list(features.batches(rows))
    ids = [name for _, names in parts for name in names]
    assert features.n_rows == len(ids)
    return [len(part) for part, _ in parts], np.concatenate([part for part, _ in parts]), ids


@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_comes_in_batches_with_row_numbers(tmp_path: Path, order: Any) -> None:
    np.save(tmp_path / "f.npy", np.asarray(FEATURES, order=order))
    sizes, rows, ids = batches(tmp_path / "f.npy")
    assert (sizes, ids) == ([4, 4, 3], [str(row) for row in range(11)])
    np.testing.assert_array_equal(rows, FEATURES)


@pytest.mark.parametrize(
    ("column", "id_column"), [("image", "image_id"), ("features", "id"), ("features", None), ("image", "text_id")]
)
def test_parquet_comes_in_the_same_batches_across_row_groups(tmp_path: Path, column: str, id_column: Any) -> None:
    names = [f"photo {row}" for row in range(11)]
    columns: dict[str, Any] = {column: FEATURES.tolist(), **({id_column: names} if id_column else {})}
    sizes, rows, ids = batches(write_parquet(tmp_path / "f.parquet", columns))
    assert sizes == [4, 4, 3]
    assert ids == (names if id_column in ("image_id", "id") else [str(row) for row in range(11)])
    np.testing.assert_array_equal(rows, FEATURES)


def test_what_is_no_matrix_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"flat\.npy must hold a matrix of features, a row per item, got shape \(3,\)"):
        open_features(tmp_path / "flat.npy", "image")
    np.savez(tmp_path / "z.npz", a=FEATURES)
    (tmp_path / "z.npy").write_bytes((tmp_path / "z.npz").read_bytes())
    with pytest.raises(DataError, match=r"z\.npy cannot be read as a \.npy of numbers: it holds an archive"):
        open_features(tmp_path / "z.npy", "image")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"bad\.parquet cannot be read as Parquet"):
        open_features(tmp_path / "bad.parquet", "image")
    other = write_parquet(tmp_path / "other.parquet", {"a": [1], "b": [2]})
    with pytest.raises(DataError, match=r"other\.parquet must have a column text or features, it has a, b"):
        open_features(other, "text")


@pytest.mark.parametrize("values", [[[1.0], [1.0, 2.0]], [["a"], ["b"]], [1.0, 2.0], [[None], [1.0]], [[], []], [None]])
def test_lists_of_other_kinds_or_lengths_are_refused(tmp_path: Path, values: Any) -> None:
    path = write_parquet(tmp_path / "f.parquet", {"image": values})
    with pytest.raises(DataError, match="column image(: row 0| must hold lists of numbers of one length)"):
        batches(path)


def test_lists_of_another_length_in_a_later_batch_are_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "f.parquet", {"image": [[1.0], [2.0], [1.0, 2.0], [3.0, 4.0]]}, rows=2)
    with pytest.raises(DataError, match="of one length"):
        batches(path)
