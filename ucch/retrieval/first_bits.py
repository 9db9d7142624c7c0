"""A real query cut in two: its first bits to find candidates by, the whole of it to put them in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes
from ..errors import DataError
from .features import CompactFeatures

__all__ = ["first_and_whole"]


def first_and_whole(
    real: npt.NDArray[Any], features: CompactFeatures | None, n_bits: int
) -> tuple[PackedCodes, npt.NDArray[Any]]:
    """Queries of an index of the first bits of codes, which keeps the whole codes.

    Args:
        real: (Q, F) real outputs of the whole code, or one query.
        features: what the index keeps to re-rank by; :meth:`CompactFeatures.of_codes
            <ucch.retrieval.CompactFeatures.of_codes>` of the whole codes.
        n_bits: D, the bits that the index searches.

    Returns:
        The signs of the first D outputs, packed, (Q, ceil(D/8)); and the outputs with zeros for padding bits.

    Raises:
        DataError: the index keeps no whole codes, or ``real`` has fewer columns than they have bits.
    """
    if features is None or features.kind != "codes":
        raise DataError("this index keeps no whole codes behind its bits; build it with ucch index RUN --bits")
    rows = np.atleast_2d(np.asarray(real))
    if rows.ndim != 2 or not features.width - 8 < rows.shape[1] <= features.width:
        raise DataError(f"real must have a column for each bit of codes of {features.width}, got shape {rows.shape}")
    whole = np.pad(rows, ((0, 0), (0, features.width - rows.shape[1])))
    return np.packbits(rows[:, :n_bits] >= 0, axis=1), whole
