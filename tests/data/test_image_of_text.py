from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from ucch.data.image_of_text import CaptionRows, check_image_of_text
from ucch.errors import DataError


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            np.zeros((2, 2), int),
            "rows must hold the image row of each text, integers of shape (texts,), got dtype int64 and shape (2, 2)",
        ),
        (
            np.zeros(4),
            "rows must hold the image row of each text, integers of shape (texts,), got dtype float64 and shape (4,)",
        ),
        (np.zeros(3, int), "rows must have one entry per text row, got 3 entries for 4 texts"),
        (np.array([0, 1, 2, 3]), "rows must hold image rows in [0, 3), got 0 to 3; rows count from 0"),
        (np.array([0, -1, 2, 1]), "rows must hold image rows in [0, 3), got -1 to 2; rows count from 0"),
        (np.array([0, 0, 2, 2]), "rows must name every image, but image row 1 has no text; drop such images"),
    ],
)
def test_wrong_rows_are_refused(value: object, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        check_image_of_text("rows", value, n_images=3, n_texts=4)


def test_any_integer_type_becomes_int64() -> None:
    rows = check_image_of_text("rows", np.array([1, 0], np.uint8), n_images=2, n_texts=2)
    assert rows.dtype == np.int64
    np.testing.assert_array_equal(rows, [1, 0])


def test_texts_of_images_against_a_loop() -> None:
    rng = np.random.default_rng(0)
    owner = rng.permutation(np.concatenate([np.arange(20), rng.integers(0, 20, 60)]))
    images = rng.integers(0, 20, 12)  # with repetitions
    rows, place = CaptionRows(owner).of(images)
    expected = [(row, at) for at, image in enumerate(images) for row in np.flatnonzero(owner == image)]
    assert list(zip(rows.tolist(), place.tolist(), strict=True)) == expected


def test_a_draw_repeats_with_its_generator() -> None:
    rows, images = CaptionRows(np.arange(100) // 5), torch.arange(20)
    first, second = (rows.draw(images, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(first // 5, images)
