"""Paired features read from Parquet."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.extraction.kit import small_extraction
from ucch.data import load_dataset
from ucch.data.parquet import load_parquet
from ucch.errors import DataError
from ucch.extraction import save_extraction_parquet

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.mark.parametrize("captions_each", [1, 3])
def test_what_extract_writes_is_read_back_equal(tmp_path: Path, captions_each: int) -> None:
    extraction = small_extraction(tmp_path, captions_each)
    path = save_extraction_parquet(tmp_path / "features.parquet", extraction)
    assert load_dataset(path).digest() == extraction.dataset.digest()
    assert load_dataset(path).name == "features"


def _write(path: Path, **changes: list[object]) -> Path:
    columns: dict[str, list[object]] = {
        "split": ["query", "train", "train", "train"],
        "image_id": ["q", "b", "a", "b"],
        "text_id": ["0", "1", "2", "3"],
        "image": [[9.0, 9.0], [1.0, 2.0], [3.0, 4.0], [1.0, 2.0]],
        "text": [[0.0], [1.0], [2.0], [3.0]],
    }
    parquet.write_table(pyarrow.table({**columns, **changes}), path)
    return path


def test_captions_in_any_order_find_their_image(tmp_path: Path) -> None:
    train = load_parquet(_write(tmp_path / "mine.parquet")).train
    np.testing.assert_array_equal(train.image, [[1, 2], [3, 4]])
    assert train.item_of_text.tolist() == [0, 1, 0]
    assert train.text[:, 0].tolist() == [1, 2, 3]


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} cannot be read as Parquet: "):
        load_parquet(path)
    with pytest.raises(DataError, match="has no row of the split 'query'$"):
        load_parquet(_write(path, split=["train"] * 4))
    with pytest.raises(DataError, match="column text must hold lists of numbers of one length: "):
        load_parquet(_write(path, text=[[0.0], [1.0, 2.0], [2.0], [3.0]]))
    parquet.write_table(pyarrow.table({"split": ["train"]}), path)
    with pytest.raises(DataError, match="lacks the columns image_id, text_id, image, text; it has split$"):
        load_parquet(path)
