"""Which images become queries."""

from __future__ import annotations

import pytest

from ucch.errors import DataError
from ucch.extraction import split_images


@pytest.mark.parametrize(
    ("n_images", "share", "expected"), [(500, 0.2, 100), (3, 0.01, 1), (2, 0.99, 1), (10, 0.25, 2)]
)
def test_both_sides_of_a_split_have_images(n_images: int, share: float, expected: int) -> None:
    assert split_images(n_images, share, seed=3).sum() == expected


def test_wrong_splits_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^query_share must lie in \(0, 1\), got 1$"):
        split_images(10, 1, 0)
    with pytest.raises(DataError, match="^a split needs at least 2 images, got 1$"):
        split_images(1, 0.5, 0)
