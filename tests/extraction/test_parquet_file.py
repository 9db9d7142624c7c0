"""Extractions as Parquet."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.extraction.kit import small_extraction
from ucch.errors import DataError, MissingPackageError
from ucch.extraction import read_parquet_encoders, save_extraction_parquet

parquet = pytest.importorskip("pyarrow.parquet")


def test_a_row_per_caption_with_ids_and_features(tmp_path: Path) -> None:
    extraction = small_extraction(tmp_path)
    table = parquet.read_table(save_extraction_parquet(tmp_path / "features.parquet", extraction)).to_pylist()
    assert len(table) == 24
    assert [row["split"] for row in table] == ["train"] * 18 + ["query"] * 6
    query = table[18:]
    assert [row["text_id"] for row in query] == extraction.text_ids["query"]
    assert [row["image_id"] for row in query] == [row["text_id"].split("#")[0] for row in query]
    pairs = extraction.dataset.query
    assert [row["text"] for row in query] == pairs.text.tolist()
    assert [row["image"] for row in query] == pairs.image[pairs.item_of_text].tolist()


def test_the_cards_travel_in_the_file(tmp_path: Path) -> None:
    extraction = small_extraction(tmp_path)
    path = save_extraction_parquet(tmp_path / "features.parquet", extraction)
    assert read_parquet_encoders(path) == extraction.encoders
    parquet.write_table(parquet.read_table(path).replace_schema_metadata(None), tmp_path / "plain.parquet")
    assert read_parquet_encoders(tmp_path / "plain.parquet") == {}
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"broken\.parquet: the description of the encoders is damaged: "):
        read_parquet_encoders(tmp_path / "broken.parquet")


def test_wrong_places_are_refused_and_nothing_is_left_behind(tmp_path: Path) -> None:
    extraction = small_extraction(tmp_path)
    path = save_extraction_parquet(tmp_path / "features.parquet", extraction)
    before = sorted(entry.name for entry in tmp_path.iterdir())
    with pytest.raises(DataError, match="exists; choose another name or pass overwrite=True$"):
        save_extraction_parquet(path, extraction)
    with pytest.raises(DataError, match=r"^folder .*none does not exist$"):
        save_extraction_parquet(tmp_path / "none" / "x.parquet", extraction)
    save_extraction_parquet(path, extraction, overwrite=True)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == before


def test_without_pyarrow_the_pip_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'ucch\[data\]'$"):
        save_extraction_parquet(tmp_path / "features.parquet", small_extraction(tmp_path))
