"""Outputs of pairs that belong together, and a calibration from them."""

from __future__ import annotations

import numpy as np

from ucch.calibration import PartnerCalibration


def outputs(n: int, n_bits: int = 32, seed: int = 0, noise: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    meant = rng.normal(size=(n, n_bits))
    image, text = (meant + noise * rng.normal(size=meant.shape) for _ in range(2))
    return image.astype(np.float32), text.astype(np.float32)


def small_calibration(n_bits: int = 32, seed: int = 0) -> PartnerCalibration:
    return PartnerCalibration.fit(*outputs(60, n_bits, seed))
