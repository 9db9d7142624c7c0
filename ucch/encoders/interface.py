"""What an encoder is: a batch of inputs in, float32 features out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Features", "FittedTextEncoder", "ImageEncoder", "TextEncoder"]

Features = npt.NDArray[np.float32]


@runtime_checkable
class ImageEncoder(Protocol):
    """Turn pictures into features.

    ``prepare`` runs in worker processes, so it must be picklable: a function of a module, or an object such as
    :class:`~ucch.images.ResizeCrop`. Everything that changes the features must change the digest.

    Attributes:
        name: a word for reports.
        dimension: d, features of one picture.
        digest: hexadecimal fingerprint of weights, preparation and settings.
    """

    name: str
    dimension: int
    digest: str

    @property
    def prepare(self) -> Callable[[Image], Any]:
        """What makes an encoder's input of an upright RGB picture."""

    def encode(self, batch: Sequence[Any]) -> Features:
        """Encode B prepared pictures into (B, d) float32."""


@runtime_checkable
class TextEncoder(Protocol):
    """Turn texts into features.

    Attributes:
        name: a word for reports.
        dimension: d, features of one text.
        digest: hexadecimal fingerprint of weights, vocabulary and settings.
    """

    name: str
    dimension: int
    digest: str

    def encode(self, batch: Sequence[str]) -> Features:
        """Encode B texts into (B, d) float32."""


@runtime_checkable
class FittedTextEncoder(TextEncoder, Protocol):
    """A text encoder that learns from the training texts; what it learnt is kept in the run folder as JSON."""

    def fit(self, texts: Sequence[str]) -> None:
        """Learn from the training texts; dimension and digest are known from then on."""

    def state(self) -> dict[str, Any]:
        """What was learnt, as JSON holds it."""

    def load_state(self, state: dict[str, Any]) -> None:
        """Take what another encoder of the same settings learnt."""
