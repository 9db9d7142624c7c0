"""What the fuzzer knows of one kind of file."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ucch.errors import UcchError

__all__ = ["CARDS", "HUGE", "Family", "each", "odd_array"]

HUGE = ("999999999999", "1000000000", "-1", "0", "1", "4294967296", "9" * 30, "1e400", "NaN")
CARD = {"spec": "a", "name": "a", "dimension": 2, "digest": "0", "state": None}
CARDS = json.dumps({"image": CARD, "text": CARD})

DTYPES: tuple[Any, ...] = (
    *("f8", "f4", "f2", "i8", "u1", "?", "U3", "S3", "c16", ">f8", ">i4", "M8[D]", "m8[s]", "V5", "u8", "g", "O"),
    [("a", "f4"), ("b", "i2")],
)


@dataclass(frozen=True)
class Family:
    """Readers of one kind of file.

    Attributes:
        honest: contents that are read without complaint, by file name.
        read: reads a file by every reader of the kind, each on its own.
        hostile: makes a bad file on purpose: a name and its content.
        text: whether numbers in the content are text.
    """

    honest: Callable[[], dict[str, bytes]]
    read: Callable[[Path], None]
    hostile: Callable[[random.Random], tuple[str, bytes]]
    text: bool = False


def each(*readers: Callable[[], Any]) -> None:
    """Let every reader have its try; the first complaint is raised at the end."""
    said = None
    for reader in readers:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reader()
        except UcchError as error:
            said = said or error
    if said is not None:
        raise said


def odd_array(dice: random.Random) -> np.ndarray[Any, Any]:
    """An array that somebody may have saved by mistake."""
    shape = dice.choice([(), (0,), (1,), (0, 3), (1, 3), (4, 0), (4, 3), (4, 1), (2, 2, 2), (5,)])
    dtype: Any = dice.choice(DTYPES)
    array: np.ndarray[Any, Any] = np.zeros(shape, dtype)
    if array.dtype.kind in "fc" and array.size:
        array.reshape(-1)[-1] = dice.choice([np.nan, np.inf, -np.inf, 1.0, 6e4])
    return array
