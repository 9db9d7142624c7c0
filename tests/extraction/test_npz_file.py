"""Extractions as ``.npz``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.extraction.kit import small_extraction
from ucch.data import load_dataset, save_npz
from ucch.errors import DataError
from ucch.extraction import load_extraction_npz, read_npz_encoders, save_extraction_npz


@pytest.mark.parametrize("captions_each", [1, 3])
def test_what_is_written_is_what_train_reads(tmp_path: Path, captions_each: int) -> None:
    extraction = small_extraction(tmp_path, captions_each)
    path = save_extraction_npz(tmp_path / "features.npz", extraction)
    assert load_dataset(path).digest() == extraction.dataset.digest()
    assert read_npz_encoders(path) == extraction.encoders
    with np.load(path, allow_pickle=False) as archive:
        assert archive["image_id_query"].tolist() == extraction.image_ids["query"]
        assert archive["text_id_train"].tolist() == extraction.text_ids["train"]


def test_equal_extractions_give_equal_files(tmp_path: Path) -> None:
    extraction = small_extraction(tmp_path)
    first, second = (save_extraction_npz(tmp_path / f"{name}.npz", extraction) for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_a_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    extraction = small_extraction(tmp_path)
    path = save_extraction_npz(tmp_path / "features.npz", extraction)
    with pytest.raises(DataError, match="exists; choose another name or pass overwrite=True$"):
        save_extraction_npz(path, extraction)
    save_extraction_npz(path, extraction, overwrite=True)


def test_features_of_unknown_origin_have_no_cards(tmp_path: Path) -> None:
    extraction = small_extraction(tmp_path)
    assert read_npz_encoders(save_npz(tmp_path / "plain.npz", extraction.dataset)) == {}


@pytest.mark.parametrize("content", ["{", "[]", '{"image": {"spec": 1}}'])
def test_damaged_cards_are_refused(tmp_path: Path, content: str) -> None:
    extraction = small_extraction(tmp_path)
    path = save_npz(tmp_path / "odd.npz", extraction.dataset, extra={"encoders": np.array(content)})
    with pytest.raises(DataError, match=r"odd\.npz: the description of the encoders is damaged: "):
        read_npz_encoders(path)


def test_an_extraction_comes_back_as_it_was(tmp_path: Path) -> None:
    extraction = small_extraction(tmp_path)
    path = save_extraction_npz(tmp_path / "features.npz", extraction)
    held = load_extraction_npz(path)
    assert held.dataset.digest() == extraction.dataset.digest()
    assert (held.image_ids, held.text_ids, held.encoders) == (
        extraction.image_ids,
        extraction.text_ids,
        extraction.encoders,
    )
    save_npz(tmp_path / "bare.npz", extraction.dataset)
    with pytest.raises(
        DataError, match=r"bare\.npz does not hold image_id_train, .*; it was not written by ucch extract$"
    ):
        load_extraction_npz(tmp_path / "bare.npz")
