"""Random crops and mirror images, so that a network that trains sees no picture twice."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Augmented"]

_STRETCH = math.log(4 / 3)  # the part's sides stretch against the picture's by at most this factor, either way


@dataclass(frozen=True)
class Augmented:
    """Prepare a part of a picture, mirrored every other time.

    The part's area is uniform in [``smallest``, 1] of the picture's, the ratio of its sides log-uniform within 3/4 and
    4/3 of the picture's, its place uniform: the usual random crop of image classification (Szegedy et al., Going Deeper
    with Convolutions, CVPR 2015), relative to the picture.

    Args:
        prepare: what is done with the part; picklable.
        seed: numbers that decide everything drawn, such as run, epoch and row: no state, so workers change nothing.
        smallest: least share of the area, in (0, 1].

    Example:
        >>> from PIL import Image
        >>> part = Augmented(lambda picture: picture.size, seed=(0, 1), smallest=0.5)(Image.new("RGB", (40, 20)))
        >>> 400 <= part[0] * part[1] <= 800
        True
    """

    prepare: Callable[[Image], Any]
    seed: tuple[int, ...]
    smallest: float = 0.5

    def __call__(self, picture: Image) -> Any:
        """Cut, mirror and prepare an RGB picture."""
        from PIL import ImageOps

        random = np.random.default_rng(self.seed)
        area, stretch = random.uniform(self.smallest, 1), math.exp(random.uniform(-_STRETCH, _STRETCH))
        width, height = picture.size
        part_width = max(1, round(width * min(1.0, math.sqrt(area * stretch))))
        part_height = max(1, round(height * min(1.0, math.sqrt(area / stretch))))
        left, top = (int(random.integers(free + 1)) for free in (width - part_width, height - part_height))
        part = picture.crop((left, top, left + part_width, top + part_height))
        return self.prepare(ImageOps.mirror(part) if random.random() < 0.5 else part)
