"""What counts as an encoder."""

from __future__ import annotations

from tests.encoders.kit import ColourEncoder, NoEncoder
from ucch.encoders import BowEncoder, FittedTextEncoder, ImageEncoder, PrecomputedEncoder, TextEncoder


def test_the_protocols_tell_encoders_apart() -> None:
    assert isinstance(ColourEncoder(), ImageEncoder)
    assert not isinstance(NoEncoder(), ImageEncoder)
    assert not isinstance(PrecomputedEncoder("2"), FittedTextEncoder)
    assert isinstance(BowEncoder(), TextEncoder)
    assert isinstance(BowEncoder(), FittedTextEncoder)
