"""Features that somebody else computed, taken as they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import EncoderError
from .fingerprint import fingerprint
from .interface import Features

__all__ = ["PrecomputedEncoder"]


class PrecomputedEncoder:
    """Pass rows of features on as float32; the inputs are vectors, not pictures or texts.

    The digest tells widths apart and nothing more: that all rows come from one source is up to the user.

    Args:
        width: d, features of one row.

    Raises:
        EncoderError: ``width`` is no number of at least 1.
    """

    name = "features"

    def __init__(self, width: str = "") -> None:
        if not width.isdecimal() or int(width) < 1:
            raise EncoderError(
                f"features must read features:WIDTH, WIDTH a number of at least 1, got 'features:{width}'"
            )
        self.dimension = int(width)
        self.digest = fingerprint({"encoder": "features", "dimension": self.dimension})

    @property
    def prepare(self) -> Callable[[object], Any]:
        """Raise: there is no picture to prepare.

        Raises:
            EncoderError: always, with what to do instead.
        """
        raise EncoderError(
            f"image encoder must take photographs, got features:{self.dimension}, which is for features that exist"
            " already; give those to ucch train --data or ucch encode --features, or name clip, vgg19 or module:Class"
        )

    def encode(self, batch: Sequence[object]) -> Features:
        """Stack B rows into (B, d) float32.

        Raises:
            EncoderError: a row has another width.
        """
        rows = np.asarray(batch, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[1] != self.dimension:
            raise EncoderError(f"features must have shape (rows, {self.dimension}), got shape {rows.shape}")
        return rows
