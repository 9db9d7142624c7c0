"""Which texts belong to which image, where images have several captions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..errors import DataError

__all__ = ["CaptionRows", "check_image_of_text"]

RowNumbers = npt.NDArray[np.int64]


def check_image_of_text(name: str, image_of_text: object, n_images: int, n_texts: int) -> RowNumbers:
    """Return the image row of each text as int64, else raise ``DataError``.

    Args:
        name: what the array is called in the message.
        image_of_text: (n_texts,) integers in [0, n_images), each image at least once.
        n_images, n_texts: rows of the features.
    """
    array = np.asarray(image_of_text)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise DataError(
            f"{name} must hold the image row of each text, integers of shape (texts,),"
            f" got dtype {array.dtype} and shape {array.shape}"
        )
    if len(array) != n_texts:
        raise DataError(f"{name} must have one entry per text row, got {len(array)} entries for {n_texts} texts")
    if int(array.min()) < 0 or int(array.max()) >= n_images:
        raise DataError(
            f"{name} must hold image rows in [0, {n_images}), got {int(array.min())} to {int(array.max())};"
            " rows count from 0"
        )
    array = array.astype(np.int64)
    without = np.flatnonzero(np.bincount(array, minlength=n_images) == 0)
    if len(without):
        raise DataError(f"{name} must name every image, but image row {without[0]} has no text; drop such images")
    return array


class CaptionRows:
    """Find the text rows of images: O(texts) memory, O(texts log texts) once, O(1) per image.

    Args:
        image_of_text: (n_texts,) image row of each text, as :func:`check_image_of_text` returns it.

    Example:
        >>> rows = CaptionRows(np.array([0, 1, 0]))
        >>> rows.of(np.array([1, 0]))
        (array([1, 0, 2]), array([0, 1, 1]))
    """

    def __init__(self, image_of_text: RowNumbers) -> None:
        self.order = np.argsort(image_of_text, kind="stable")
        self.counts = np.bincount(image_of_text)
        self.starts = np.cumsum(self.counts) - self.counts

    def of(self, images: RowNumbers) -> tuple[RowNumbers, RowNumbers]:
        """Collect all texts of some images: their rows, image by image, and for each its place in ``images``."""
        counts = self.counts[images]
        place = np.repeat(np.arange(len(images)), counts)
        within = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self.order[self.starts[images][place] + within], place

    def draw(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Draw one text row of each image, uniformly among its texts.

        Args:
            images: (B,) int64 image rows.
            generator: source of the draw, on the CPU.
        """
        rows = images.numpy()
        share = torch.rand(len(rows), generator=generator, dtype=torch.float64).numpy()
        chosen = self.starts[rows] + (share * self.counts[rows]).astype(np.int64)
        return torch.from_numpy(self.order[chosen])
