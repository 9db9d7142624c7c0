"""The usual preparation of a picture for a convolutional network: resize, centre crop, normalise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["IMAGENET_DEVIATION", "IMAGENET_MEAN", "ResizeCrop"]

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class ResizeCrop:
    """Resize the shorter side, cut out the middle square, scale to [0, 1] and normalise each channel.

    The same numbers as torchvision's ``Resize``, ``CenterCrop`` and ``Normalize`` on a Pillow picture (bilinear or
    bicubic with antialiasing), without importing torch; so worker processes start fast.

    Args:
        resize: length of the shorter side after resizing; the longer one is rounded down.
        crop: side of the square, at most ``resize``.
        bicubic: bicubic instead of bilinear interpolation.
        mean, deviation: per channel, for values in [0, 1]; ImageNet's by default.

    Shape:
        - returns (3, crop, crop) float32.

    Example:
        >>> from PIL import Image
        >>> ResizeCrop(8, 6)(Image.new("RGB", (20, 10))).shape
        (3, 6, 6)
    """

    resize: int
    crop: int
    bicubic: bool = False
    mean: tuple[float, float, float] = IMAGENET_MEAN
    deviation: tuple[float, float, float] = IMAGENET_DEVIATION

    def __post_init__(self) -> None:
        if not 1 <= self.crop <= self.resize:
            raise ValueError(f"crop must lie in [1, resize], got crop={self.crop} and resize={self.resize}")

    def __call__(self, picture: Image) -> npt.NDArray[np.float32]:
        """Prepare an RGB picture."""
        from PIL.Image import Resampling

        width, height = picture.size
        shorter = min(width, height)
        size = (self.resize * width // shorter, self.resize * height // shorter)
        if size != picture.size:
            picture = picture.resize(size, Resampling.BICUBIC if self.bicubic else Resampling.BILINEAR)
        left, top = (round((side - self.crop) / 2) for side in size)
        square = picture.crop((left, top, left + self.crop, top + self.crop))
        mean, deviation = np.float32(255) * np.array([self.mean, self.deviation], dtype=np.float32)
        values = (np.asarray(square, dtype=np.float32) - mean) / deviation  # (crop, crop, 3)
        return np.ascontiguousarray(values.transpose(2, 0, 1))
