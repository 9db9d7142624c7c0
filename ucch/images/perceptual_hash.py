"""64 bits that a picture keeps when it is re-encoded or resized, and the pairs of pictures that share them nearly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import near_codes
from .pool import ImagePool
from .stored import StoredImage, as_pictures

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["HASH_VERSION", "NEAR_BITS", "hash_pictures", "near_pairs", "perceptual_hash"]

HASH_VERSION = 1  # a change of the hash; caches ask for it
NEAR_BITS = 4  # copies at quality 70, at half the size or both differ by 0 to 4 bits, other photographs by 12 and more

_SIDE, _KEPT = 32, 8  # of the small grey picture, of its low frequencies
_ENOUGH = 8 * _SIDE  # pixels of the shorter side; a JPEG is decoded at the smallest size that has them
_FLATTEST = 2.0  # grey levels of deviation; below, what is left is noise

Hashes = npt.NDArray[np.uint64]


def perceptual_hash(picture: Image) -> int | None:
    """Hash a picture by the signs of its low frequencies; None where it shows nothing but one grey.

    The picture becomes 32 x 32 grey pixels; of their cosine transform the 8 x 8 lowest frequencies are kept, and a bit
    says which are above their median. The first bit is the most significant one.

    Reference:
        C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010 (the DCT hash).

    Example:
        >>> from PIL import Image
        >>> picture = Image.effect_mandelbrot((180, 120), (-2.0, -1.2, 0.5, 0.8), 50)
        >>> differing = perceptual_hash(picture) ^ perceptual_hash(picture.resize((90, 60)))
        >>> bin(differing).count("1") <= 4, perceptual_hash(Image.new("L", (9, 9)))
        (True, None)
    """
    from PIL.Image import Resampling
    from scipy.fft import dctn

    grey = np.asarray(picture.convert("L").resize((_SIDE, _SIDE), Resampling.LANCZOS), dtype=np.float64)
    if grey.std() < _FLATTEST:
        return None
    low = dctn(grey, norm="ortho")[:_KEPT, :_KEPT].ravel()
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes(), "big")


def hash_pictures(
    paths: Sequence[str | Path | StoredImage],
    *,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """Hash picture files, or pictures in shards and tables, by :func:`perceptual_hash`.

    Args:
        paths: the pictures, as :class:`ImagePool` takes them.
        workers: processes that decode; 0 decodes in this one. Large JPEGs are decoded at a part of their size.
        on_progress: called with the pictures done and their number.

    Returns:
        (n,) uint64, and (n,) bool: False where a picture is bad or shows nothing, so that its hash, 0, says nothing.
    """
    paths = list(as_pictures(paths))
    hashes, known = np.zeros(len(paths), dtype=np.uint64), np.zeros(len(paths), dtype=np.bool_)
    with ImagePool(perceptual_hash, workers, enough=_ENOUGH) as pool:
        for row, entry in enumerate(pool.decode(paths)):
            if entry.pixels is not None:
                hashes[row], known[row] = entry.pixels, True
            if on_progress is not None:
                on_progress(row + 1, len(paths))
    return hashes, known


def near_pairs(hashes: Hashes, radius: int = NEAR_BITS) -> npt.NDArray[np.int64]:
    """Find the pairs of hashes that differ in at most ``radius`` bits; never by comparing all with all.

    About ``O(n log n)`` for hashes of photographs: see :func:`ucch.near_codes.near_pairs`.

    Args:
        hashes: (n,) uint64.
        radius: 0 to 15.

    Returns:
        (pairs, 2) rows, the smaller first, in order. Where several rows have one hash, the first stands for them: the
        others are paired with it alone, so that many copies of one picture are no square of pairs.

    Raises:
        ValueError: another radius.

    Example:
        >>> near_pairs(np.array([0b0, 0b1, 0b11111111, 0b0], dtype=np.uint64), radius=2).tolist()
        [[0, 1], [0, 3]]
    """
    if not 0 <= radius <= 15:
        raise ValueError(f"radius must lie in [0, 15], got {radius}")
    distinct, first, place = np.unique(hashes, return_index=True, return_inverse=True)
    rows = np.arange(len(hashes))
    again = first[place] != rows
    found = [np.stack([first[place][again], rows[again]], axis=1)]
    if radius and len(distinct) > 1:
        one, other, _ = near_codes.near_pairs(distinct.astype(">u8").view(np.uint8).reshape(-1, 8), radius)
        near = first[np.stack([one, other], axis=1)]
        found.append(np.sort(near, axis=1))
    pairs = np.concatenate(found)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
