"""Random crops and mirror images."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from PIL import Image

from tests.images.kit import gradient
from ucch.images import Augmented, ResizeCrop


def corners(picture: Image.Image) -> tuple[int, int, int, int]:
    """Size, then red at the left and at the right; red grows to the right in the kit's picture."""
    pixels = np.asarray(picture, np.int16)
    return *picture.size, int(pixels[0, 0, 0]), int(pixels[0, -1, 0])


def test_parts_keep_the_share_and_the_stretch_asked_for() -> None:
    sizes = np.array([Augmented(corners, (seed,), 0.4)(gradient(size=(300, 200)))[:2] for seed in range(300)])
    shares = sizes.prod(axis=1) / 60_000
    stretch = sizes[:, 0] / sizes[:, 1] / 1.5
    assert 0.39 < shares.min() < 0.45
    assert 0.95 < shares.max() <= 1
    assert 0.74 < stretch.min() < 0.9
    assert 1.1 < stretch.max() < 1.35


def test_half_of_them_are_mirrored() -> None:
    drawn = [Augmented(corners, (seed,))(gradient(size=(300, 200))) for seed in range(400)]
    assert 160 < sum(left > right for _, _, left, right in drawn) < 240
    assert len({max(left, right) for _, _, left, right in drawn}) > 20  # places differ


def test_the_seed_decides_also_in_another_process() -> None:
    first = Augmented(ResizeCrop(8, 8), (3, 1, 4))
    again, other = pickle.loads(pickle.dumps(first)), Augmented(ResizeCrop(8, 8), (3, 1, 5))
    np.testing.assert_array_equal(first(gradient()), again(gradient()))
    assert not np.array_equal(first(gradient()), other(gradient()))


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (3, 2)])
def test_the_smallest_pictures_have_parts_too(size: tuple[int, int]) -> None:
    for seed in range(20):
        assert Augmented(ResizeCrop(4, 4), (seed,), 0.01)(gradient(size=size)).shape == (3, 4, 4)
