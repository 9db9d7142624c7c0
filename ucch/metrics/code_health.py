"""The health of a code: what its bits say before any label is looked at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, unpack

__all__ = ["bit_balance"]


def bit_balance(codes: PackedCodes, n_bits: int) -> npt.NDArray[np.float64]:
    """Compute the share of codes in which each bit is set, (D,); a balanced bit has 1/2.

    Args:
        codes: packed uint8 (N, ceil(D/8)), N >= 1.
        n_bits: D.
    """
    return np.asarray((unpack(codes, n_bits) > 0).mean(axis=0))
