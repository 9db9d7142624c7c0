"""Preparation of pictures, against torchvision's."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from PIL import Image

from tests.images.kit import gradient
from ucch.images import ResizeCrop


@pytest.mark.parametrize("size", [(300, 200), (200, 301), (257, 256), (255, 400), (40, 30), (256, 256), (1000, 11)])
@pytest.mark.parametrize("bicubic", [False, True])
def test_the_numbers_are_torchvisions(size: tuple[int, int], bicubic: bool) -> None:
    pytest.importorskip("torchvision")
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import functional as tv

    picture = gradient(size=size)
    mode = InterpolationMode.BICUBIC if bicubic else InterpolationMode.BILINEAR
    expected = tv.center_crop(tv.resize(picture, [256], interpolation=mode), [224])
    scaled = np.asarray(expected, np.float32).transpose(2, 0, 1) / 255
    mean, deviation = (np.array(v, np.float32)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    np.testing.assert_allclose(ResizeCrop(256, 224, bicubic=bicubic)(picture), (scaled - mean) / deviation, atol=2e-6)


def test_one_colour_stays_one_colour_normalised() -> None:
    prepared = ResizeCrop(8, 8, mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.25, 1.0))(
        Image.new("RGB", (20, 9), (255, 0, 51))
    )
    assert prepared.dtype == np.float32
    np.testing.assert_allclose(prepared.reshape(3, -1), np.tile([[1.0], [-2.0], [-0.3]], 64), atol=1e-6)


def test_it_travels_to_workers() -> None:
    preparation = ResizeCrop(32, 24, bicubic=True)
    assert pickle.loads(pickle.dumps(preparation)) == preparation


def test_a_crop_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^crop must lie in \[1, resize\], got crop=9 and resize=8$"):
        ResizeCrop(8, 9)
