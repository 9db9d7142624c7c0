"""Made codes, labels and files for evaluation tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ucch.codes import pack
from ucch.evaluation import CodeFiles


def made_codes(n: int, n_bits: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes near one of three centres, and the number of the centre."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).integers(0, 2, (3, n_bits))
    label = rng.integers(0, 3, n)
    return centres[label] ^ (rng.random((n, n_bits)) < 0.25), label


def code_files(folder: Path, n_bits: int = 20, *, packed: bool = True) -> CodeFiles:
    """Write 30 query and 80 database codes with labels."""
    paths = {}
    for side, n, seed in (("query", 30, 0), ("database", 80, 1)):
        bits, label = made_codes(n, n_bits, seed)
        paths[f"{side}_codes"] = folder / f"{side}_codes.npy"
        paths[f"{side}_labels"] = folder / f"{side}_labels.npy"
        np.save(paths[f"{side}_codes"], pack(bits) if packed else bits)
        np.save(paths[f"{side}_labels"], label)
    return CodeFiles(**paths)
