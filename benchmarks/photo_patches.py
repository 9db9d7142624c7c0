"""As many real features as one likes from a folder of photographs: patches of 8 x 8 pixels, 64 principal components.

A patch is brought to mean 0 and to a like contrast, then projected on the 64 first components of the patches of the
database, and brought to unit length. Queries come from the last 50 photographs, the database from the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

Matrix = npt.NDArray[np.float32]
SIDE, WIDTH, ASKING = 8, 64, 50


def patch_features(folder: Path, n: int, n_queries: int, seed: int = 0) -> tuple[Matrix, Matrix]:
    """Database (n, 64) and queries (n_queries, 64)."""
    photos = sorted(folder.iterdir())
    base, asking = photos[:-ASKING], photos[-ASKING:]
    rng = np.random.default_rng(seed)
    sample = np.concatenate(list(_patches(base, min(n, 50_000), rng)))
    mean = sample.mean(0)
    axes = np.linalg.eigh(np.cov(sample.T))[1][:, : -WIDTH - 1 : -1].astype(np.float32)
    project = [np.concatenate([(some - mean) @ axes for some in _patches(part, count, rng)])
               for part, count in ((base, n), (asking, n_queries))]  # fmt: skip
    unit = [side / np.linalg.norm(side, axis=1, keepdims=True).clip(1e-6) for side in project]
    return unit[0], unit[1]


def _patches(photos: list[Path], n: int, rng: np.random.Generator) -> Iterator[Matrix]:
    for number, path in enumerate(photos):
        count = n * (number + 1) // len(photos) - n * number // len(photos)
        pixels = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
        windows = np.lib.stride_tricks.sliding_window_view(pixels, (SIDE, SIDE), axis=(0, 1))  # (H', W', 3, 8, 8)
        top, left = (rng.integers(0, length, count) for length in windows.shape[:2])
        flat = windows[top, left].reshape(count, -1)
        flat = flat - flat.mean(1, keepdims=True)
        yield flat / (flat.std(1, keepdims=True) + 0.04)
