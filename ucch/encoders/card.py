"""What a run remembers of an encoder, and how the same encoder is found again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from ..errors import EncoderError
from .interface import FittedTextEncoder

__all__ = ["EncoderCard", "check_same"]


@dataclass(frozen=True)
class EncoderCard:
    """Identify an encoder.

    Args:
        spec: how the user named it, such as ``clip:models/clip-vit-base``.
        name: the encoder's own word.
        dimension: features of one item.
        digest: fingerprint of everything that decides its features.
        state: what it learnt from training texts, as JSON holds it; None where it learns nothing.
    """

    spec: str
    name: str
    dimension: int
    digest: str
    state: dict[str, Any] | None = None

    @classmethod
    def of(cls, encoder: Any, spec: str) -> EncoderCard:
        """Describe an encoder, after it has been fitted."""
        state = encoder.state() if isinstance(encoder, FittedTextEncoder) else None
        return cls(spec, str(encoder.name), int(encoder.dimension), str(encoder.digest), state)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> EncoderCard:
        """Read :meth:`to_dict` back.

        Raises:
            EncoderError: a field is missing, unknown or of another type.
        """
        kinds = {"spec": str, "name": str, "dimension": int, "digest": str, "state": (dict, type(None))}
        expected = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or set(values) != expected:
            raise EncoderError(f"the description of an encoder must have the keys {', '.join(sorted(expected))}")
        for key, kind in kinds.items():
            if not isinstance(values[key], kind):  # type: ignore[arg-type]
                raise EncoderError(f"the description of an encoder has {key}={values[key]!r} of a wrong type")
        return cls(**values)


def check_same(encoder: Any, card: EncoderCard, modality: str) -> None:
    """Refuse an encoder that is not the one remembered.

    Raises:
        EncoderError: the digests differ.
    """
    if encoder.digest != card.digest:
        raise EncoderError(
            f"the {modality} encoder is not the one the run was trained with: {encoder.name} of digest"
            f" {encoder.digest[:12]}, but the run has {card.name} ({card.spec}) of digest {card.digest[:12]};"
            " other weights, preparation or settings give features the model does not know"
        )
