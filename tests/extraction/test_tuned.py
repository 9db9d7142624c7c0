"""The same photographs by an encoder that was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.encoders.kit import TinyNetworkEncoder
from tests.extraction.kit import small_extraction
from ucch.errors import DataError
from ucch.extraction import encode_images, with_tuned_images


def test_images_are_new_and_all_else_is_as_it_was(tmp_path: Path) -> None:
    extraction, encoder = small_extraction(tmp_path), TinyNetworkEncoder()
    seen: list[tuple[str, int, int]] = []
    tuned = with_tuned_images(extraction, tmp_path / "photos", encoder, on_progress=lambda *step: seen.append(step))
    for split in ("train", "query"):
        ours, theirs = getattr(tuned.dataset, split), getattr(extraction.dataset, split)
        files = [tmp_path / "photos" / name for name in extraction.image_ids[split]]
        np.testing.assert_array_equal(ours.image, encode_images(files, encoder).features)
        np.testing.assert_array_equal(ours.text, theirs.text)
        np.testing.assert_array_equal(ours.image_of_text, theirs.image_of_text)
        assert ours.split == theirs.split
    assert (tuned.image_ids, tuned.text_ids) == (extraction.image_ids, extraction.text_ids)
    assert tuned.encoders["text"] == extraction.encoders["text"]
    assert tuned.encoders["image"].digest == encoder.digest
    assert tuned.encoders["image"].spec == extraction.encoders["image"].spec
    assert tuned.n_encoded == 12
    assert seen[-1] == ("images", 12, 12)


def test_a_photograph_that_is_gone_is_an_error(tmp_path: Path) -> None:
    extraction = small_extraction(tmp_path)
    (tmp_path / "photos" / "004.jpg").unlink()
    with pytest.raises(DataError, match=r"004\.jpg \(no such file\)"):
        with_tuned_images(extraction, tmp_path / "photos", TinyNetworkEncoder())
