"""Cosines of batches."""

from __future__ import annotations

import pytest
import torch

from tests.teachers.kit import as_matrix, cosine, cosine_matrix, features
from ucch.teachers import cosines, mixed_cosines
from ucch.teachers.cosines import off_diagonal


def test_loop() -> None:
    image, text = features()
    torch.testing.assert_close(cosines(image), as_matrix(cosine_matrix(image)))
    expected = [[cosine(a, b) for b in image[:3]] for a in image]
    torch.testing.assert_close(cosines(image, image[:3]), as_matrix(expected))
    mixed = 0.3 * as_matrix(cosine_matrix(image)) + 0.7 * as_matrix(cosine_matrix(text))
    torch.testing.assert_close(mixed_cosines(image, text, 0.3), mixed)


def test_zero_rows_and_half_precision() -> None:
    rows = torch.tensor([[0.0, 0.0], [3.0, 4.0]], dtype=torch.float16)
    similarity = cosines(rows)
    assert similarity.dtype == torch.float32
    torch.testing.assert_close(similarity, torch.tensor([[0.0, 0.0], [0.0, 1.0]]))


def test_off_diagonal() -> None:
    assert off_diagonal(2, torch.device("cpu")).tolist() == [[False, True], [True, False]]


def test_errors() -> None:
    with pytest.raises(ValueError, match="got 2 and 3 rows"):
        mixed_cosines(torch.ones(2, 2), torch.ones(3, 2), 0.5)
    with pytest.raises(ValueError, match="others must have shape"):
        cosines(torch.ones(2, 2), torch.ones(2, 3))
